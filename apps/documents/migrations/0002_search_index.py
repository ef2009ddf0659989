"""The full-text index over SearchEntry: FTS5 kept by triggers on SQLite, generated tsvectors on PostgreSQL.

A later migration that makes SQLite build the table anew must make the triggers again.
"""

from django.db import migrations

SQLITE = [
    """
    CREATE VIRTUAL TABLE documents_fts USING fts5(
        words, exact, marks, content='documents_searchentry', content_rowid='document_id',
        tokenize='unicode61 remove_diacritics 0', prefix='2 3'
    )
    """,
    """
    CREATE TRIGGER documents_fts_insert AFTER INSERT ON documents_searchentry BEGIN
        INSERT INTO documents_fts(rowid, words, exact, marks)
        VALUES (new.document_id, new.words, new.exact, new.marks);
    END
    """,
    """
    CREATE TRIGGER documents_fts_delete AFTER DELETE ON documents_searchentry BEGIN
        INSERT INTO documents_fts(documents_fts, rowid, words, exact, marks)
        VALUES ('delete', old.document_id, old.words, old.exact, old.marks);
    END
    """,
    """
    CREATE TRIGGER documents_fts_update AFTER UPDATE ON documents_searchentry BEGIN
        INSERT INTO documents_fts(documents_fts, rowid, words, exact, marks)
        VALUES ('delete', old.document_id, old.words, old.exact, old.marks);
        INSERT INTO documents_fts(rowid, words, exact, marks)
        VALUES (new.document_id, new.words, new.exact, new.marks);
    END
    """,
]
SQLITE_BACK = [
    "DROP TRIGGER documents_fts_insert",
    "DROP TRIGGER documents_fts_delete",
    "DROP TRIGGER documents_fts_update",
    "DROP TABLE documents_fts",
]
POSTGRESQL = [
    """
    ALTER TABLE documents_searchentry
        ADD COLUMN words_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED,
        ADD COLUMN exact_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', exact)) STORED,
        ADD COLUMN marks_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', marks)) STORED
    """,
    """
    CREATE INDEX documents_searchentry_vectors ON documents_searchentry
        USING gin (words_vector, exact_vector, marks_vector)
    """,
]
POSTGRESQL_BACK = [
    "DROP INDEX documents_searchentry_vectors",
    """
    ALTER TABLE documents_searchentry
        DROP COLUMN words_vector, DROP COLUMN exact_vector, DROP COLUMN marks_vector
    """,
]


def make(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unmake(apps, schema_editor):
    for statement in {"sqlite": SQLITE_BACK, "postgresql": POSTGRESQL_BACK}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]

    operations = [migrations.RunPython(make, unmake)]
