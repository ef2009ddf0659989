"""PostgreSQL: neighbours are words of the index too, and every document has the mark of its thousand.

``documents_terms('cải cách hành chính')`` holds the four words and "_cải_cách", "_cách_hành", "_hành_chính". So the
GIN index answers what stands side by side by itself, where positions would be read from every document that
holds all the words; Vietnamese syllables are so frequent that these are most of a register. The pairs begin with
"_", so that a word half typed does not meet them.

Every search reads the entries that wait to be merged into the index, so few may wait.
"""

from django.db import migrations

FUNCTION = """
    CREATE FUNCTION documents_terms(words text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT array_to_tsvector(list || ARRAY(
            SELECT '_' || one || '_' || next
            FROM unnest(list[:cardinality(list) - 1], list[2:]) AS neighbours (one, next)
        ))
        FROM (SELECT string_to_array(words, ' ')) AS split (list)
    $$
"""
DROP = """
    ALTER TABLE documents_searchentry
        DROP COLUMN words_vector, DROP COLUMN exact_vector, DROP COLUMN marks_vector
"""
ADD = """
    ALTER TABLE documents_searchentry
        ADD COLUMN words_vector tsvector GENERATED ALWAYS AS (documents_terms(words)) STORED,
        ADD COLUMN exact_vector tsvector GENERATED ALWAYS AS (documents_terms(exact)) STORED,
        ADD COLUMN marks_vector tsvector GENERATED ALWAYS AS (
            array_to_tsvector(string_to_array(marks || ' b' || document_id / 1000, ' '))
        ) STORED
"""
ADD_AS_BEFORE = """
    ALTER TABLE documents_searchentry
        ADD COLUMN words_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED,
        ADD COLUMN exact_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', exact)) STORED,
        ADD COLUMN marks_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', marks)) STORED
"""
INDEX = """
    CREATE INDEX documents_searchentry_vectors ON documents_searchentry
        USING gin (words_vector, exact_vector, marks_vector) WITH (gin_pending_list_limit = 256)
"""
INDEX_AS_BEFORE = """
    CREATE INDEX documents_searchentry_vectors ON documents_searchentry
        USING gin (words_vector, exact_vector, marks_vector)
"""


def make(apps, schema_editor):
    run(schema_editor, FUNCTION, DROP, ADD, INDEX)


def unmake(apps, schema_editor):
    run(schema_editor, DROP, "DROP FUNCTION documents_terms(text)", ADD_AS_BEFORE, INDEX_AS_BEFORE)


def run(schema_editor, *statements):
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("documents", "0003_document_types")]

    operations = [migrations.RunPython(make, unmake)]
