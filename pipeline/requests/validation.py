"""Validates models, and returns all problems at once, each with its reason and its fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.requests.field import Described
from pipeline.requests.problems import Problem, nearest, show

ModelT = TypeVar("ModelT")

MAX_UNKNOWN = 20
"""The largest number of unknown names that get a line and a nearest name each."""

_REJECTED, _UNKNOWN = "rejected", "unknown_name"
_REASONS = {
    "bool_type": "is neither true nor false",
    "int_type": "is not a whole number",
    "string_type": "is not a text",
    "string_pattern_mismatch": "is not understood",
}


def reject(reason: str, fix: str) -> PydanticCustomError:
    """Return the error with which a validator rejects a value.

    Args:
        reason: What is wrong, as the predicate of a sentence about the value.
        fix: What to write instead.
    """
    return PydanticCustomError(_REJECTED, "{reason}; {fix}", {"reason": reason, "fix": fix})


def reject_name(reason: str, valid: tuple[str, ...]) -> PydanticCustomError:
    """Return the error with which a validator rejects a name; the fix is the nearest valid name."""
    return PydanticCustomError(_UNKNOWN, "{reason}", {"reason": reason, "valid": valid})


def fields_of(model: type[Any]) -> Mapping[str, FieldInfo]:
    """Return the fields of a pydantic model or dataclass, in the order of their declaration."""
    found: Mapping[str, FieldInfo] = model.__pydantic_fields__
    return found


def described(field: FieldInfo) -> Described | None:
    """Return the description of a field; None when it has none."""
    return next((found for found in field.metadata if isinstance(found, Described)), None)


def bounds_of(field: FieldInfo) -> tuple[int | None, int | None]:
    """Return the limits of a numeric field; None where there is no limit."""
    low = next((found.ge for found in field.metadata if hasattr(found, "ge")), None)
    high = next((found.le for found in field.metadata if hasattr(found, "le")), None)
    return low, high


def validate(
    model: type[ModelT], values: Mapping[str, object], context: Mapping[str, object] | None = None
) -> tuple[ModelT | None, list[Problem]]:
    """Validate the values of a model, and keep the valid ones when others are wrong.

    Args:
        model: A pydantic model or dataclass.
        values: By name of the field.
        context: The context of its validators.

    Returns:
        The model, with the defaults of the fields whose value is wrong; None when such a field has no default. And
        what is wrong, in the order of the fields.
    """
    try:
        return _build(model, values, context), []
    except ValidationError as error:
        wrong = {str(details["loc"][0]) for details in error.errors(include_url=False)}
        problems = list(problems_of(error, fields_of(model)))
    try:
        right = {name: value for name, value in values.items() if name not in wrong}
        return _build(model, right, context), problems
    except ValidationError:
        return None, problems


def _build(model: type[ModelT], values: Mapping[str, object], context: Mapping[str, object] | None) -> ModelT:
    if issubclass(model, BaseModel):
        return model.model_validate(dict(values), context=context)
    return model(**values)


def problems_of(error: ValidationError, fields: Mapping[str, FieldInfo]) -> Iterator[Problem]:
    """Yield the problems in the order of the fields; an empty fix stands for the field's example."""
    order = {name: place for place, name in enumerate(fields)}
    found = [details for details in error.errors(include_url=False) if details["loc"]]
    found.sort(key=lambda details: order.get(str(details["loc"][0]), -1))
    unknown: dict[str, int] = {}
    for details in found:
        name = str(details["loc"][0])
        if len(details["loc"]) > 1 and details["type"] in (_REJECTED, _UNKNOWN):
            unknown[name] = unknown.get(name, 0) + 1
            if unknown[name] > MAX_UNKNOWN:
                continue
        yield _problem(name, details, fields.get(name))
    for name, count in unknown.items():
        if count > MAX_UNKNOWN:
            yield Problem(name, "", f"has {count - MAX_UNKNOWN} more unknown names", "remove them")


def _problem(name: str, details: ErrorDetails, field: FieldInfo | None) -> Problem:
    kind, context = details["type"], details.get("ctx", {})
    value = show(details["input"])
    if field is None:
        return Problem(name, value, "is an unknown key", "")
    told = described(field)
    if kind == "missing":
        return Problem(name, "", "is missing", "" if told is None else told.fix)
    if kind == _REJECTED:
        return Problem(name, value, context["reason"], context["fix"])
    if kind == _UNKNOWN:
        return Problem(name, value, context["reason"], _nearest_fix(details["input"], context["valid"]))
    if told is not None and told.reason:
        return Problem(name, value, told.reason, told.fix)
    return Problem(name, value, _reason(kind, context, field), "")


def _nearest_fix(value: object, valid: tuple[str, ...]) -> str:
    meant = nearest(value, valid) if isinstance(value, str) else None
    return f"did you mean {meant}?" if meant else f"name one of {', '.join(valid)}"


def _reason(kind: str, context: Mapping[str, Any], field: FieldInfo) -> str:
    if kind in ("greater_than_equal", "less_than_equal"):
        low, high = bounds_of(field)
        return f"is not between {low} and {high}"
    if kind == "literal_error":
        return f"is not one of {', '.join(map(str, get_args(field.annotation)))}"
    if kind == "value_error":
        return str(context["error"])
    return _REASONS.get(kind, "is not understood")
