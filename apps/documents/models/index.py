"""What search reads: one row for each document, kept in the database's own full-text index."""

from django.db import models


class SearchEntry(models.Model):
    """``words``: all text without accents. ``exact``: the registered text as written. ``marks``: who may read
    the document and what the filters ask for, as words ("p12 o7 y2026"); see ``search.py``.

    The migration adds what Django has no words for: FTS5 with triggers on SQLite, tsvectors on PostgreSQL.
    """

    document = models.OneToOneField(
        "documents.Document", models.CASCADE, primary_key=True, related_name="search_entry"
    )
    words = models.TextField()
    exact = models.TextField()
    marks = models.TextField()

    class Meta:
        verbose_name = "search entry"
        verbose_name_plural = "search entries"

    def __str__(self):
        return f"{self.document_id}"
