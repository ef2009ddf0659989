import pytest
from django.core.files.storage import storages

from apps.documents.models import Attachment


@pytest.fixture(autouse=True)
def private_files(settings, tmp_path):
    """Keep the files of a test in its own folder."""
    options = {"location": tmp_path, "base_url": None}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": options}}
    storage = storages["private"]
    field = Attachment._meta.get_field("file")
    kept, field.storage = field.storage, storage
    yield
    field.storage = kept
