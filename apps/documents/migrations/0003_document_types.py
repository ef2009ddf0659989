"""The 29 kinds of administrative documents and the 3 kinds of copies (NĐ 30/2020/NĐ-CP, Art. 7 and Annex III)."""

import csv
from pathlib import Path

from django.db import migrations

FILE = Path(__file__).parent.parent / "data" / "document-types.csv"


def add_types(apps, schema_editor):
    document_type = apps.get_model("documents", "DocumentType")
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    document_type.objects.bulk_create(
        document_type(
            key=row["key"],
            code=row["code"],
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            ordinal=int(row["ordinal"]),
            is_copy=row["group"] == "copy",
            symbol_rule=row["symbol_rule"],
        )
        for row in rows
    )


def remove_types(apps, schema_editor):
    apps.get_model("documents", "DocumentType").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_search_index")]

    operations = [migrations.RunPython(add_types, remove_types)]
