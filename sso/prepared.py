"""Questions of the busiest pages and endpoints, put together by the ORM once per process instead of at every request.

Composing a SELECT of fifteen columns costs the ORM several times what running it does, and the endpoints that other
programs call, and a home page, do little else. The SQL, the order of the columns and the conversion of values stay the
ORM's own, so SQLite and PostgreSQL are both served. What is written stands in sso/writes.py.
"""

from collections import namedtuple
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, wraps
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query import ModelIterable, get_related_populators

Row = Any  # a named tuple of the columns that were asked for
MARK = "\N{WHITE QUESTION MARK ORNAMENT}"  # stands for the text that is looked for


def engine():
    """Return this thread's connection itself; through Django's proxy each look at it costs as much as a small call."""
    return connections[DEFAULT_DB_ALIAS]


def planned_cursor():
    """Return a cursor whose statements the server plans once in each connection, where the engine has such a one."""
    here = engine()
    return getattr(here, "planned_cursor", here.cursor)()


class PreparedLookup:
    """Find at most one row by one unique value, as ``PreparedLookup(queryset_for, column=path, …)``.

    ``queryset_for(value)`` filters by the value; the row found has an attribute for each column named. ``mark`` stands
    for the value while the SQL is composed: no constant of the filter is like it.
    """

    def __init__(self, queryset_for: Callable[[Any], models.QuerySet], mark: Any = MARK, **columns: str):
        self.queryset_for, self.mark, self.columns = queryset_for, mark, columns
        self.row = namedtuple("Row", columns)

    @cached_property
    def plan(self):
        query = self.queryset_for(self.mark).order_by().values_list(*self.columns.values()).query
        compiler = query.get_compiler(connection=engine())
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        return sql, parameters, list(converters.items())

    def first(self, value: Any) -> Row | None:
        values = self.values(value)
        return None if values is None else self.row(*values)

    def values(self, value: Any) -> list[Any] | None:
        sql, parameters, converters = self.plan
        with planned_cursor() as cursor:
            cursor.execute(sql, [value if known == self.mark else known for known in parameters])
            found = cursor.fetchone()
        if found is None:
            return None
        return _converted(found, converters)


class PreparedGet(PreparedLookup):
    """Find at most one object of ``model``, whole."""

    def __init__(self, model: type[models.Model], queryset_for, mark: Any = MARK):
        self.model = model
        self.names = [field.attname for field in model._meta.concrete_fields]
        super().__init__(queryset_for, mark, **{name: name for name in self.names})

    def first(self, value: Any) -> models.Model | None:
        values = self.values(value)
        return None if values is None else self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)


# --- rows of any number -------------------------------------------------------------------------


def prepared(build: Callable[..., models.QuerySet]) -> Callable[..., list]:
    """Return a function that takes what ``build`` takes and returns the rows of its queryset as a list.

    The values are whole numbers, texts, days, aware moments, or tuples of these; None and truths are part of the
    question itself. ``build`` must only put them into filters, never look at them: it is called with other ones in
    their place, once for each length of the tuples. Related rows come by ``select_related``.
    """
    plans: dict[tuple, _Plan] = {}

    @wraps(build)
    def rows(*values: Any) -> list:
        shape = (engine().vendor, *map(_shape, values))
        plan = plans.get(shape)
        if plan is None:
            plan = plans[shape] = _Plan(build, values)
        return plan.rows(values)

    return rows


def _shape(value: Any) -> Any:
    """Return what the SQL depends on: how many values there are, or the value that stands in it."""
    if isinstance(value, tuple):
        return len(value)
    return f"={value}" if value is None or isinstance(value, bool) else ""


class _Plan:
    """The SQL of one queryset, with the places where values go, and how its rows become objects."""

    def __init__(self, build: Callable[..., models.QuerySet], values: tuple):
        self.marks = _Marks()
        queryset = build(*(self.marks.in_place_of(value, place) for place, value in enumerate(values)))
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            self.sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            self.sql = ""
            return
        self.parameters = [self.marks.place_of(parameter) for parameter in parameters]
        select = compiler.select
        converters = compiler.get_converters([column for column, _sql, _alias in select])
        self.converters = list(converters.items())
        self.is_model = queryset._iterable_class is ModelIterable
        if self.is_model:
            info = compiler.klass_info
            self.model, fields = info["model"], info["select_fields"]
            self.start, self.end = fields[0], fields[-1] + 1
            self.names = [column.target.attname for column, _sql, _alias in select[self.start : self.end]]
            self.related = get_related_populators(info, select, DEFAULT_DB_ALIAS)
            self.annotations = list((compiler.annotation_col_map or {}).items())

    def rows(self, values: tuple) -> list:
        if not self.sql:
            return []
        with planned_cursor() as cursor:
            cursor.execute(self.sql, [self._filled(parameter, values) for parameter in self.parameters])
            found = cursor.fetchall()
        if self.converters:
            found = [_converted(row, self.converters) for row in found]
        return [self._made(row) for row in found] if self.is_model else found

    @staticmethod
    def _filled(parameter: Any, values: tuple) -> Any:
        return parameter.of(values) if isinstance(parameter, _Filled) else parameter

    def _made(self, row: tuple | list) -> models.Model:
        made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.start : self.end])
        for populator in self.related:
            populator.populate(row, made)
        for name, position in self.annotations:
            setattr(made, name, row[position])
        return made


def _converted(row: tuple, converters: list) -> list:
    """Return the columns of ``row`` as Python's values."""
    values, here = list(row), engine()
    for position, (functions, expression) in converters:
        for convert in functions:
            values[position] = convert(values[position], expression, here)
    return values


class _Filled:
    """A parameter that comes from the values: the one at ``place``, or there the one at ``index`` of a tuple."""

    def __init__(
        self, place: int, index: int | None, adapt: Callable[[Any], Any], around: tuple[str, str] | None
    ):
        self.place, self.index, self.adapt, self.around = place, index, adapt, around

    def of(self, values: tuple) -> Any:
        value = values[self.place]
        value = self.adapt(value if self.index is None else value[self.index])
        return value if self.around is None else f"{self.around[0]}{value}{self.around[1]}"


class _Marks:
    """Values that stand in SQL for others, each of its own, so that the parameter it became can be told."""

    NUMBER = 2_000_000_000  # a whole number that fits into every column of keys
    DAY = date(9000, 1, 1)

    def __init__(self):
        self.made: list[tuple[Any, Any, int, int | None, Callable]] = []

    def in_place_of(self, value: Any, place: int, index: int | None = None) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, tuple):
            return tuple(self.in_place_of(one, place, index) for index, one in enumerate(value))
        number, ops = len(self.made), engine().ops
        if isinstance(value, int):
            mark, adapt = self.NUMBER + number, int
        elif isinstance(value, str):
            mark, adapt = f"{MARK}{number:03}", str
        elif isinstance(value, datetime):
            mark = datetime(9000, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
            adapt = ops.adapt_datetimefield_value
        elif isinstance(value, date):
            mark, adapt = self.DAY + timedelta(days=number), ops.adapt_datefield_value
        else:
            raise TypeError(f"No SQL can be prepared for {value!r}.")
        self.made.append((mark, adapt(mark), place, index, adapt))
        return mark

    def place_of(self, parameter: Any) -> Any:
        """Return the parameter itself when it is a constant of the query."""
        for mark, adapted, place, index, adapt in self.made:
            if type(parameter) is type(adapted) and parameter == adapted:
                return _Filled(place, index, adapt, None)
            if isinstance(mark, str) and isinstance(parameter, str) and mark in parameter:
                before, after = parameter.split(mark)  # a pattern of LIKE
                return _Filled(place, index, engine().ops.prep_for_like_query, (before, after))
        return parameter
