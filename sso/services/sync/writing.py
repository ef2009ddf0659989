"""Writing many rows."""

from collections.abc import Iterable

from django.db import connection, models

BATCH = 1000


def set_all(row: models.Model, values: dict) -> list[str]:
    """Set ``values`` on ``row`` and return the names of those that differed."""
    differing = [name for name, value in values.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, values[name])
    return [name.removesuffix("_id") for name in differing]


def write(model: type[models.Model], rows: Iterable[models.Model], names: Iterable[str]) -> None:
    """Store the fields ``names`` of ``rows``; ``bulk_update`` makes huge CASEs of them, which takes minutes."""
    fields = [model._meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    key = model._meta.pk
    sql = f"UPDATE {quote(model._meta.db_table)} SET {columns} WHERE {quote(key.column)} = %s"  # noqa: S608
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in (*fields, key)]
        for row in {row.pk: row for row in rows}.values()
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(sql, values)


def free_names(name: str, rows: Iterable[models.Model], wanted: dict[str, object]) -> None:
    """Rename ``rows`` that hold a unique ``name`` which ``wanted`` gives to the entry of another key."""
    for row in rows:
        value = getattr(row, name)
        key = wanted.get(value)
        if key is not None and key != row.entry_uuid:
            most = row._meta.get_field(name).max_length
            mark = f"~{row.pk}"
            setattr(row, name, value[: most - len(mark)] + mark)
            row.save(update_fields=[name])
