"""The account name that a system wants, and what a refresh token was granted for."""

from django.db import migrations, models


def fill_granted(apps, schema_editor):
    """Until now that stood in its access token only."""
    tokens = apps.get_model("sso", "AccessToken").objects.filter(pk=models.OuterRef("access_token"))
    held = apps.get_model("sso", "RefreshToken").objects.exclude(access_token=None)
    held.update(scope=models.Subquery(tokens.values("scope")))


class Migration(migrations.Migration):
    dependencies = [("sso", "0009_provisioning")]

    operations = [
        migrations.AddField(
            model_name="provisioningtarget",
            name="user_name",
            field=models.CharField(
                choices=[("account", "Account"), ("mail", "Mail address")],
                default="account",
                max_length=10,
                verbose_name="account name there",
            ),
        ),
        migrations.AddField(
            model_name="refreshtoken",
            name="scope",
            field=models.TextField(blank=True),
        ),
        migrations.RunPython(fill_granted, migrations.RunPython.noop),
    ]
