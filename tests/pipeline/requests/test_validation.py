from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, BeforeValidator, Field
from pydantic.dataclasses import dataclass

from pipeline.requests.field import STRICT, Described, whole
from pipeline.requests.validation import bounds_of, described, fields_of, reject, reject_name, validate


def _name(value: object) -> object:
    if value not in ("red", "blue"):
        raise reject_name("is no colour", ("red", "blue"))
    return value


def _even(value: object) -> object:
    if isinstance(value, int) and value % 2:
        raise reject("is odd", "add one")
    return value


class Model(BaseModel, frozen=True):
    model_config = STRICT

    must: str
    number: Annotated[int, Field(ge=1, le=9), BeforeValidator(_even)] = 4
    word: Annotated[str, whole("[a-z]+")] = "a"
    one_of: Literal["x", "y"] = "x"
    told: Annotated[int, Described("", "", reason="is no count", fix="count again")] = 0
    colours: list[Annotated[str, BeforeValidator(_name)]] = []


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Shape:
    must: str
    number: Annotated[int, Field(ge=1, le=9)] = 4


def lines(model: type[Any], **values: object) -> list[str]:
    return [str(problem) for problem in validate(model, values)[1]]


@pytest.mark.parametrize("model", [Model, Shape])
def test_what_is_right_is_read(model: type[Any]) -> None:
    found, problems = validate(model, {"must": "a", "number": 8})
    assert (found.must, found.number, problems) == ("a", 8, [])


@pytest.mark.parametrize("model", [Model, Shape])
def test_what_is_right_is_read_beside_what_is_wrong(model: type[Any]) -> None:
    found, problems = validate(model, {"must": "a", "number": 10})
    assert (found.must, found.number) == ("a", 4)
    assert [(problem.key, problem.reason) for problem in problems] == [("number", "is not between 1 and 9")]


@pytest.mark.parametrize("model", [Model, Shape])
def test_without_what_must_be_given_there_is_nothing(model: type[Any]) -> None:
    found, problems = validate(model, {"number": "4"})
    assert found is None
    assert [str(problem) for problem in problems] == ["must: is missing; ", 'number: "4" is not a whole number; ']


def test_every_problem_is_named_in_the_order_of_the_fields() -> None:
    found = lines(Model, colours=["read", "red", 3], told=1.5, one_of="z", word="A\n", number=3, must=1, more=2)
    assert found == [
        "more: 2 is an unknown key; ",
        "must: 1 is not a text; ",
        "number: 3 is odd; add one",
        'word: "A\\n" is not understood; ',
        'one_of: "z" is not one of x, y; ',
        "told: 1.5 is no count; count again",
        'colours: "read" is no colour; did you mean red?',
        "colours: 3 is no colour; name one of red, blue",
    ]


@pytest.mark.parametrize("value", [True, 4.0, "4", None])
def test_json_types_are_not_converted(value: object) -> None:
    [line] = lines(Shape, must="", number=value)
    assert line.endswith("is not a whole number; ")


def test_a_flood_is_counted() -> None:
    found = lines(Model, must="", colours=[f"c{n}" for n in range(100)])
    assert len(found) == 21
    assert found[-1] == "colours: has 80 more unknown names; remove them"


def test_what_a_field_is_made_of() -> None:
    fields = fields_of(Model)
    assert bounds_of(fields["number"]) == (1, 9)
    assert bounds_of(fields["must"]) == (None, None)
    told = described(fields["told"])
    assert told is not None
    assert told.reason == "is no count"
    assert described(fields["must"]) is None
