"""Rows that the busiest endpoints store and change, by SQL put together once per process, several in one statement.

Composing an INSERT of twenty columns costs the ORM several times what running it does; and what belongs together, such
as tokens with the line about them in the record, costs the server and us half as much in one statement as in six.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models.sql import UpdateQuery
from django.utils import timezone

from sso.prepared import MARK, engine, planned_cursor

KEY = -1  # stands for the key that is looked for


class KeyOf(NamedTuple):
    """Stands for the key of the row that another insert of the same ``at_once`` stores, the one at ``place``."""

    place: int


PLAIN = {str, int, bool, type(None), KeyOf}  # every engine takes them as they are; KeyOf never gets there


class Write(NamedTuple):
    """One row to be stored or changed. Nothing happens before ``at_once``."""

    how: "PreparedInsert | PreparedUpdate"
    values: list[Any]


class PreparedInsert:
    """Store a new row of ``model``, as ``insert(column=value, …)``, and return its key; ``of`` is for ``at_once``.

    Columns that are not named get what a new instance has. No signal is sent, and no field's ``pre_save`` is asked but
    for the moments that it was made and changed. With ``instead`` the columns of that name are changed where there is
    a row with this key already.
    """

    def __init__(self, model: type[models.Model], *, instead: tuple[str, ...] = ()):
        self.model, self.instead = model, instead

    @cached_property
    def columns(self) -> list[tuple[str, models.Field, bool, Any]]:
        """Those we fill; a key that counts up and what has a default of the database's own are left to it."""
        return [
            (field.attname, field, isinstance(field, models.JSONField), _unnamed(field))
            for field in self.model._meta.concrete_fields
            if not field.db_returning
        ]

    @cached_property
    def into(self) -> str:
        quoted = engine().ops.quote_name
        columns = ", ".join(quoted(field.column) for _name, field, _is_json, _unnamed in self.columns)
        return f"INSERT INTO {quoted(self.model._meta.db_table)} ({columns})"

    @cached_property
    def key(self) -> str:
        return engine().ops.quote_name(self.model._meta.pk.column)

    def of(self, **values: Any) -> Write:
        here, filled = engine(), []
        for name, field, is_json, unnamed in self.columns:
            if name in values:
                value = values.pop(name)
            elif callable(unnamed):
                value = unnamed()
            else:
                filled.append(unnamed)
                continue
            if type(value) is datetime:
                value = here.ops.adapt_datetimefield_value(value)
            elif is_json or type(value) not in PLAIN:
                value = field.get_db_prep_save(value, here)
            filled.append(value)
        if values:
            raise TypeError(f"{self.model.__name__} has no such columns: {', '.join(values)}")
        return Write(self, filled)

    def __call__(self, **values: Any) -> Any:
        return at_once(self.of(**values))[0]

    def sql(self, values: list[str], source: str = "") -> str:
        """Return the statement for a row of ``values``, which is stored once for each row of ``source``."""
        return f"{self.into} SELECT {', '.join(values)}{source}{self.or_change} RETURNING {self.key}"

    @cached_property
    def or_change(self) -> str:
        columns = [engine().ops.quote_name(self.model._meta.get_field(name).column) for name in self.instead]
        changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
        # Without a condition SQLite would read ON as that of a join.
        return f" WHERE true ON CONFLICT ({self.key}) DO UPDATE SET {changes}" if changes else ""


def _unnamed(field: models.Field) -> Any:
    """Return what the database keeps when nobody names the ``field``, or a function that makes it at each row."""
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return timezone.now
    if field.has_default() and callable(field.default) and field.default not in (list, dict):
        return field.default
    return field.get_db_prep_save(field.get_default(), engine())


class PreparedUpdate:
    """Change the fields called ``names`` of the rows that ``queryset_for(value)`` finds, as ``update`` does.

    ``of`` is for ``at_once``.
    """

    def __init__(self, queryset_for: Callable[[Any], models.QuerySet], *names: str):
        self.queryset_for, self.names = queryset_for, names

    @cached_property
    def plan(self):
        found = self.queryset_for(KEY)
        fields = [found.model._meta.get_field(name) for name in self.names]
        query = found.order_by().query.chain(UpdateQuery)
        query.add_update_fields([(field, None, models.Value(MARK)) for field in fields])
        sql, parameters = query.get_compiler(connection=engine()).as_sql()
        return sql, fields, parameters[len(fields) :]

    def of(self, value: Any, *new: Any) -> Write:
        """Set each field to its ``new`` value."""
        _sql, fields, parameters = self.plan
        here = engine()
        values = [field.get_db_prep_save(one, here) for field, one in zip(fields, new, strict=True)]
        return Write(self, [*values, *(value if known == KEY else known for known in parameters)])

    def __call__(self, value: Any, *new: Any) -> int:
        """Set each field to its ``new`` value; returns how many rows there were."""
        return self.run(self.of(value, *new).values)

    def run(self, values: list[Any]) -> int:
        with planned_cursor() as cursor:
            cursor.execute(self.plan[0], values)
            return cursor.rowcount


def at_once(*inserts: Write, once: Write | None = None) -> list[Any] | None:
    """Store the rows of ``inserts`` in this order, all or none, and return their keys.

    With ``once``, a change of one row, only when that row is found: else nothing is written, and None is returned.
    """
    if once is None and len(inserts) == 1:
        return [_stored(*inserts[0])]
    if engine().vendor == "postgresql":
        return _in_one_statement(inserts, once)
    with transaction.atomic():
        if once and not once.how.run(once.values):
            return None
        keys = []
        for insert, values in inserts:
            keys.append(_stored(insert, [keys[it.place] if type(it) is KeyOf else it for it in values]))
        return keys


def _stored(insert: PreparedInsert, values: list[Any]) -> Any:
    with planned_cursor() as cursor:
        cursor.execute(insert.sql(["%s"] * len(values)), values)
        return cursor.fetchone()[0]


def _in_one_statement(inserts: tuple[Write, ...], once: Write | None) -> list[Any] | None:
    parameters, shape = list(once.values) if once else [], []
    for insert, values in inserts:
        keys = tuple((index, value.place) for index, value in enumerate(values) if type(value) is KeyOf)
        parameters += [value for value in values if type(value) is not KeyOf] if keys else values
        shape.append((insert, keys))
    with planned_cursor() as cursor:
        cursor.execute(_statement(once.how if once else None, tuple(shape)), parameters)
        found = cursor.fetchone()
    return None if found[0] is None else list(found)


@lru_cache(maxsize=100)
def _statement(change: PreparedUpdate | None, shape: tuple[tuple[PreparedInsert, tuple], ...]) -> str:
    """Return PostgreSQL's ``WITH`` of an UPDATE, when there is one, and the INSERTs, which all depend on its row."""
    parts, keys = [f"found AS ({change.plan[0]} RETURNING 1)"] if change else [], []
    for place, (insert, of_others) in enumerate(shape):
        values = ["%s"] * len(insert.columns)
        for index, other in of_others:
            values[index] = keys[other]
        parts.append(f"new{place} AS ({insert.sql(values, ' FROM found' if change else '')})")
        keys.append(f"(SELECT {insert.key} FROM new{place})")  # noqa: S608 (a model's column)
    return f"WITH {', '.join(parts)} SELECT {', '.join(keys)}"
