"""Background work."""

from django_tasks import task

from apps.documents.models import Attachment
from apps.documents.services import read_file as read


@task()
def read_file(attachment_id: int) -> None:
    """Make the text of a file findable; nothing happens when the file is gone."""
    attachment = Attachment.objects.filter(pk=attachment_id).first()
    if attachment:
        read(attachment)
