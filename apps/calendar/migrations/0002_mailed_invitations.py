from email.utils import parseaddr

from django.db import migrations, models


def name_organizers(apps, schema_editor):
    """What came by mail so far says in words who has organised it."""
    events = apps.get_model("calendar", "Event").objects.filter(organizer=None, organizer_text__contains="@")
    for event in events.iterator():
        event.organizer_email = parseaddr(event.organizer_text)[1][:254]
        event.save(update_fields=["organizer_email"])


class Migration(migrations.Migration):
    dependencies = [
        ("calendar", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="organizer_email",
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="event",
            name="stamped_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(name_organizers, migrations.RunPython.noop),
    ]
