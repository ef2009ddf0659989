from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sso", "0012_id_token_tells"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="without_pkce",
            field=models.BooleanField(default=False, verbose_name="it knows no PKCE"),
        ),
    ]
