import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sso", "0006_devices")]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "algorithm",
                    models.CharField(
                        choices=[
                            ("RS256", "RSA (RS256), which every system knows"),
                            ("ES256", "elliptic curve (ES256)"),
                        ],
                        max_length=5,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("kid", models.CharField(max_length=64, unique=True)),
                ("sealed", models.TextField()),
                ("public", models.JSONField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("signs_from", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("algorithm", "number"), name="signing_keys_follow_one_another"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PushedRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("parameters", models.JSONField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="application",
            name="algorithm",
            field=models.CharField(
                choices=[
                    ("RS256", "RSA (RS256), which every system knows"),
                    ("ES256", "elliptic curve (ES256)"),
                ],
                default="RS256",
                max_length=5,
                verbose_name="signature of its tokens",
            ),
        ),
        migrations.AddField(
            model_name="application",
            name="token_audience",
            field=models.CharField(
                blank=True, max_length=255, verbose_name="API that its access tokens are for"
            ),
        ),
        migrations.AddField(
            model_name="application",
            name="public_keys",
            field=models.JSONField(blank=True, default=dict, verbose_name="public keys"),
        ),
        migrations.AddField(model_name="accesstoken", name="claims", field=models.TextField(blank=True)),
        migrations.AddField(
            model_name="devicegrant",
            name="epoch",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="devicegrant",
            name="sid",
            field=models.CharField(blank=True, db_index=True, max_length=64),
        ),
        migrations.AddField(
            model_name="devicegrant",
            name="auth_time",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="devicegrant", name="acr", field=models.CharField(blank=True, max_length=60)
        ),
        migrations.AddField(
            model_name="devicegrant", name="amr", field=models.JSONField(blank=True, default=list)
        ),
    ]
