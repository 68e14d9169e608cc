"""Conditions on the rows of a table: ``column op literal``, joined by ``and``; the only SQL that is understood.

No text of a condition reaches a warehouse: a literal is converted to the type that the table declares for its column,
and compared with rows that were read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exporters.warehouse.schema import Column, Table
from exporters.warehouse.tables import TABLES
from pipeline.requests.problems import Problem, ProblemsError, nearest, show
from transforms.elements.tables import arrow_field

AnyTable = Table[Any]

_TERM = re.compile(
    r"\s*(?P<column>[A-Za-z_][A-Za-z0-9_]*)\s*(?P<op><=|>=|!=|<>|=|<|>)\s*(?P<literal>'(?:[^']|'')*'|[^\s']+)\s*"
)
_AND = re.compile(r"and\s", re.IGNORECASE)
_COMPARE: Mapping[str, Callable[[pa.Array, pa.Scalar], pa.Array]] = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_EXAMPLES = {
    "STRING": "'text'",
    "INT64": "12",
    "FLOAT64": "12.5",
    "NUMERIC": "12.5",
    "BOOL": "true",
    "DATE": "'2026-02-11'",
    "TIMESTAMP": "'2026-02-11T18:00:00Z'",
}
_ORDERED = frozenset({"INT64", "FLOAT64", "NUMERIC", "DATE", "TIMESTAMP"})
_NULL = "null"
_SHAPE = "write column = literal, joined by and: game_date = '2026-02-11' and points > 20"


class ConditionError(ProblemsError):
    """A condition that was rejected; the message has one line per problem."""


@dataclass(frozen=True)
class Term:
    """One comparison.

    Attributes:
        column: A column of the table.
        op: ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``.
        value: What it is compared with, in the column's type; None for null.
    """

    column: Column
    op: str
    value: Any

    def mask(self, batch: pa.RecordBatch) -> pa.Array:
        """Return which rows of a batch meet it. A null meets ``= null`` only, and whatever is no null ``!= null``."""
        values = batch.column(self.column.name)
        if self.value is None:
            return pc.is_null(values) if self.op == "=" else pc.is_valid(values)
        wanted = pa.scalar(self.value, arrow_field(self.column).type)
        return pc.fill_null(_COMPARE[self.op](values, wanted), False)


@dataclass(frozen=True)
class Condition:
    """Terms that a row must all meet; no terms mean every row."""

    terms: tuple[Term, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it looks at."""
        return frozenset(term.column.name for term in self.terms)

    def mask(self, batch: pa.RecordBatch) -> pa.Array:
        """Return which rows of a batch meet it."""
        masks = [term.mask(batch) for term in self.terms]
        return reduce(pc.and_, masks) if masks else pa.array([True] * batch.num_rows, pa.bool_())

    def days(self, column: str | None) -> tuple[date | None, date | None]:
        """Return the first and last day that a column of dates or instants may have; None where there is no bound."""
        first: date | None = None
        last: date | None = None
        for term in self.terms:
            if term.column.name != column or term.value is None:
                continue
            value = term.value
            day = value.astimezone(timezone.utc).date() if isinstance(value, datetime) else value
            if term.op in ("=", ">", ">="):
                first = day if first is None else max(first, day)
            if term.op in ("=", "<", "<="):
                last = day if last is None else min(last, day)
        return first, last


def find_table(name: str, flag: str = "TABLE") -> AnyTable:
    """Return a declared table by ``dataset.table``, or by the name of the table alone.

    Raises:
        ConditionError: There is none, or it is one that is read in place of a column.
    """
    real = [table for table in TABLES if table.stand_in is None]
    for table in real:
        if name in (table.name, table.name.partition(".")[2]):
            return table
    names = [spelled for table in real for spelled in (table.name, table.name.partition(".")[2])]
    meant = nearest(name, names)
    fix = f"did you mean {meant}?" if meant else f"name one of {', '.join(table.name for table in real)}"
    raise ConditionError([Problem(flag, show(name), "is no table that an export type reads", fix)])


def parse_where(text: str, table: AnyTable, flag: str = "--where") -> Condition:
    """Return the condition of a text; an empty text is met by every row.

    Raises:
        ConditionError: It is no such condition; it holds every problem.
    """
    terms, problems = _terms(text, table, flag)
    problems += [
        Problem(
            flag,
            show(text),
            f"compares {term.column.name} by {term.op}, which {_kind(term.column)} does not order",
            "use = or !=",
        )
        for term in terms
        if term.op not in ("=", "!=") and (term.value is None or term.column.type not in _ORDERED)
    ]
    problems += [
        Problem(flag, show(text), f"compares {term.column.name}, which is a list", "leave it out")
        for term in terms
        if term.column.mode == "REPEATED"
    ]
    if problems:
        raise ConditionError(problems)
    return Condition(tuple(terms))


def parse_set(text: str, table: AnyTable, flag: str = "--set") -> Mapping[str, Any]:
    """Return the values of a text ``column = literal and ...``, by column, in the types of the columns.

    Raises:
        ConditionError: It cannot be set; it holds every problem.
    """
    terms, problems = _terms(text, table, flag)
    for term in terms:
        column, shown = term.column, show(text)
        if term.op != "=":
            problems.append(Problem(flag, shown, f"has {term.op} after {column.name}", "write column = literal"))
        elif column.name == table.partition:
            reason, fix = "is what the table is partitioned by", "ask what happens without the rows: leave --set out"
            problems.append(Problem(flag, column.name, reason, fix))
        elif column.mode == "REPEATED":
            problems.append(Problem(flag, column.name, "is a list", "set another column"))
        elif term.value is None and column.mode == "REQUIRED":
            problems.append(Problem(flag, column.name, "is never null", f"write {column.name} = {_example(column)}"))
    if not terms and not problems:
        problems.append(Problem(flag, show(text), "sets nothing", "write column = literal"))
    if problems:
        raise ConditionError(problems)
    return {term.column.name: term.value for term in terms}


def _terms(text: str, table: AnyTable, flag: str) -> tuple[list[Term], list[Problem]]:
    terms: list[Term] = []
    problems: list[Problem] = []
    at = 0
    while text[at:].strip():
        if at:
            joint = _AND.match(text, at)
            if joint is None:
                return terms, [*problems, Problem(flag, show(text[at:]), "does not follow an and", _SHAPE)]
            at = joint.end()
        found = _TERM.match(text, at)
        if found is None:
            return terms, [*problems, Problem(flag, show(text[at:] or text), "is no comparison", _SHAPE)]
        at = found.end()
        made = _term(found, table, flag)
        if isinstance(made, Problem):
            problems.append(made)
        else:
            terms.append(made)
    return terms, problems


def _term(found: re.Match[str], table: AnyTable, flag: str) -> Term | Problem:
    name, literal = found["column"], found["literal"]
    column = table.columns.get(name)
    if column is None:
        meant = nearest(name, table.columns)
        fix = f"did you mean {meant}?" if meant else f"its columns are {', '.join(table.columns)}"
        return Problem(flag, show(name), f"is no column of {table.name}", fix)
    op = "!=" if found["op"] == "<>" else found["op"]
    if literal.lower() == _NULL:
        return Term(column, op, None)
    try:
        value = _value(column, literal)
        pa.scalar(value, arrow_field(column).type.value_type if column.mode == "REPEATED" else arrow_field(column).type)
    except (ValueError, ArithmeticError, pa.ArrowException):
        fix = f"write {name} {op} {_example(column)}"
        return Problem(flag, literal, f"is no {_kind(column)}, which {table.name}.{name} is", fix)
    return Term(column, op, value)


def _value(column: Column, literal: str) -> Any:
    """Return a literal in the type of a column; raises ValueError for one of another type."""
    quoted = literal.startswith("'")
    text = literal[1:-1].replace("''", "'") if quoted else literal
    if quoted is not (column.type in ("STRING", "DATE", "TIMESTAMP")):
        raise ValueError("quotes are for texts and dates")
    if column.type == "BOOL":
        return _truth(text)
    if column.type == "INT64":
        return int(text)
    if column.type == "FLOAT64":
        return float(text)
    if column.type == "NUMERIC":
        return Decimal(text)
    if column.type == "DATE":
        return date.fromisoformat(text)
    if column.type == "TIMESTAMP":
        instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if instant.tzinfo is None:
            raise ValueError("an instant has a zone")
        return instant
    return text


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("neither true nor false")
    return text.lower() == "true"


def _kind(column: Column) -> str:
    return str(column).split(" ", 2)[1]


def _example(column: Column) -> str:
    return _EXAMPLES[column.type]
