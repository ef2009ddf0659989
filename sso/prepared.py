"""SQL of the busiest endpoints, put together by the ORM once per process instead of at every request.

Composing a SELECT of fifteen columns or an INSERT of twenty costs the ORM several times what running it does, and the
endpoints that other programs call do little else. The SQL, the order of the columns and the conversion of values stay
the ORM's own, so SQLite and PostgreSQL are both served.
"""

from collections import namedtuple
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import connection, models
from django.db.models.sql import InsertQuery

Row = Any  # a named tuple of the columns that were asked for
MARK = "\N{WHITE QUESTION MARK ORNAMENT}"  # stands for the text that is looked for


class PreparedLookup:
    """Find at most one row by one unique value, as ``PreparedLookup(queryset_for, column=path, …)``.

    ``queryset_for(value)`` filters by the value; the row found has an attribute for each column named.
    """

    mark: Any = MARK

    def __init__(self, queryset_for: Callable[[Any], models.QuerySet], **columns: str):
        self.queryset_for, self.columns = queryset_for, columns
        self.row = namedtuple("Row", columns)

    @cached_property
    def plan(self):
        query = self.queryset_for(self.mark).order_by().values_list(*self.columns.values()).query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        return sql, parameters, list(converters.items())

    def first(self, value: Any) -> Row | None:
        values = self.values(value)
        return None if values is None else self.row(*values)

    def values(self, value: Any) -> list[Any] | None:
        sql, parameters, converters = self.plan
        with connection.cursor() as cursor:
            cursor.execute(sql, [value if known == self.mark else known for known in parameters])
            found = cursor.fetchone()
        if found is None:
            return None
        values = list(found)
        for position, (functions, expression) in converters:
            for convert in functions:
                values[position] = convert(values[position], expression, connection)
        return values


class PreparedGet(PreparedLookup):
    """Find at most one object of ``model``, whole; ``mark`` is a value that no constant of the filter has."""

    def __init__(self, model: type[models.Model], queryset_for, mark: Any = MARK):
        self.model, self.mark = model, mark
        self.names = [field.attname for field in model._meta.concrete_fields]
        super().__init__(queryset_for, **{name: name for name in self.names})

    def first(self, value: Any) -> models.Model | None:
        values = self.values(value)
        return None if values is None else self.model.from_db(connection.alias, self.names, values)


class PreparedInsert:
    """Store a new row of ``model`` as ``save(force_insert=True)`` does, without its signals, and set its key."""

    def __init__(self, model: type[models.Model]):
        self.model = model

    @cached_property
    def fields(self):
        return [field for field in self.model._meta.concrete_fields if not field.primary_key]

    @cached_property
    def sql(self) -> str:
        query = InsertQuery(self.model)
        query.insert_values(self.fields, [self.model()], raw=True)
        compiler = query.get_compiler(connection=connection)
        compiler.returning_fields = [self.model._meta.pk]
        return compiler.as_sql()[0][0]

    def __call__(self, row: models.Model) -> None:
        values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in self.fields]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, values)
            row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, connection.alias
