"""The published schema of a request accepts what the parser accepts; a list holds the rules of the parser alone."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pipeline.options.option_table import REQUEST_OPTIONS
from pipeline.reference.command_options import DOCS
from pipeline.reference.docs import REQUEST_SCHEMA
from pipeline.reference.request_schema import request_schema, schema_text
from pipeline.requests.request import ExportRequest, RequestDefaults, RequestError, parse_request
from pipeline.requests.request_message import KEYS
from tests.pipeline.requests.test_request import JSON_VALUES, REJECTED, valid_payloads

TYPES = ("predictions", "results", "streaks", "tonight", "tonight-players")
GROUPS = {"tonight-all": ("tonight", "tonight-players", "predictions"), "all": TYPES, "streaky": ("streaks",)}
PLAYER_TYPES = ("streaks",)
NOW = datetime(2026, 2, 12, 3, 30, tzinfo=timezone.utc)
SCHEMA = request_schema(TYPES, GROUPS, PLAYER_TYPES)
FITS = jsonschema_rs.validator_for(SCHEMA, validate_formats=True).is_valid
FITS_WITHOUT_FORMATS = jsonschema_rs.validator_for(SCHEMA).is_valid

ONLY_THE_PARSER_TELLS = (
    "and two years from today",
    "is before start_date",
    "; split it into ranges of at most",
    ".0 is not a number of games",  # To JSON Schema, 5.0 is an integer.
    "minutes ahead of the clock",
    "is no league of this deployment",  # The schema is that of every deployment.
)


def parse(payload: Any) -> ExportRequest:
    defaults = RequestDefaults("catboost_v9", player_types=PLAYER_TYPES)
    return parse_request(payload, known_types=TYPES, groups=GROUPS, defaults=defaults, now=NOW)


def problems(payload: Any) -> list[str]:
    try:
        parse(payload)
    except RequestError as error:
        return str(error).splitlines()
    return []


def check(payload: Any) -> None:
    """Hold schema and parser against each other."""
    lines = problems(payload)
    fits = FITS(payload)
    if fits and lines:
        assert all(any(known in line for known in ONLY_THE_PARSER_TELLS) for line in lines), (payload, lines)
    if not lines:
        assert fits, (payload, [str(error) for error in jsonschema_rs.validator_for(SCHEMA).iter_errors(payload)])
        assert FITS_WITHOUT_FORMATS(payload)


def test_the_file_is_up_to_date() -> None:
    path = DOCS / REQUEST_SCHEMA
    assert path.is_file(), "run phase6 docs"
    assert path.read_text(encoding="utf-8") == schema_text(), "run phase6 docs"


def test_the_file_is_a_schema_of_its_dialect() -> None:
    schema = json.loads(schema_text())
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_is_described_with_an_example_that_is_accepted() -> None:
    properties = SCHEMA["properties"]
    assert tuple(properties) == KEYS
    for option in REQUEST_OPTIONS:
        field = properties[option.name]
        assert field["description"] == option.help
        [example] = field["examples"]
        assert jsonschema_rs.validator_for(field, validate_formats=True).is_valid(example), option.name


def is_json(payload: Any) -> bool:
    """Whether a payload can be sent: its keys are text, its values are JSON, and all of it is UTF-8."""
    try:
        return bool(json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()) and all(
            map(str.isascii, payload)
        )
    except (TypeError, ValueError):
        return False


SENT = [row for row in REJECTED if is_json(row[1])]


@pytest.mark.parametrize("payload", [row[1] for row in SENT], ids=[row[0] for row in SENT])
def test_what_the_parser_rejects_does_not_fit(payload: dict[str, Any]) -> None:
    assert problems(payload)
    check(payload)


def test_every_rule_of_the_parser_alone_is_missing_from_the_schema() -> None:
    night: dict[str, Any] = {"export_types": ["tonight"]}
    for payload, told in (
        ({**night, "target_date": "2201-01-01"}, ONLY_THE_PARSER_TELLS[0]),
        ({**night, "start_date": "2026-02-02", "end_date": "2026-02-01"}, ONLY_THE_PARSER_TELLS[1]),
        ({**night, "start_date": "2020-02-02", "end_date": "2026-02-01"}, ONLY_THE_PARSER_TELLS[2]),
        ({"players": True, "min_games": 5.0}, ONLY_THE_PARSER_TELLS[3]),
        ({**night, "target_date": "today", "generated_at": "2099-01-01T00:00:00Z"}, ONLY_THE_PARSER_TELLS[4]),
    ):
        assert FITS(payload)
        assert told in problems(payload)[0]


@pytest.mark.parametrize(
    ("payload", "fits"),
    [
        ({"players": True}, True),
        ({"players": True, "export_types": ["streaks"]}, True),
        ({"players": True, "export_types": ["streaky"]}, True),
        ({"players": True, "export_types": ["tonight"]}, False),
        ({"players": True, "export_types": []}, False),
        ({"players": True, "target_date": "today"}, False),
        ({"players": False}, False),
        ({"players": False, "export_types": ["tonight"], "target_date": "today"}, True),
        ({"export_types": ["tonight"], "target_date": "today", "min_games": 5}, False),
        ({"export_types": ["tonight"], "start_date": "today"}, False),
        ({"export_types": ["tonight"], "target_date": "2026-02-30"}, False),
        ({"export_types": ["tonight"], "target_date": "2024-02-29"}, True),
        ({"export_types": ["tonight"], "target_date": "today", "correlation_id": "a\u00a0b"}, False),
        ({"export_types": ["tonight"], "target_date": "today", "correlation_id": " späte Nacht "}, True),
        ({"export_types": ["tonight"], "target_date": "today", "correlation_id": "x" * 201}, False),
        ({"export_types": ["tonight"], "target_date": "today", "generated_at": "2026-02-12T18:00:00+01:60"}, False),
        ([], False),
        (None, False),
    ],
)
def test_scopes(payload: Any, fits: bool) -> None:
    assert FITS(payload) is fits
    assert bool(problems(payload)) is not fits


@settings(max_examples=80)
@given(valid_payloads())
def test_what_the_parser_accepts_fits(payload: dict[str, Any]) -> None:
    check(payload)
    if not problems(payload):
        assert FITS(parse(payload).to_json())


DAYS = st.dates(date(1880, 1, 1), date(2230, 1, 1)).map(str) | st.sampled_from(["today", "2026-02-30", "2026-2-1"])
INSTANTS = st.builds(
    "{}T{:02d}:{:02d}:{:02d}{}{}".format,
    st.dates(date(1890, 1, 1), date(2210, 1, 1)),
    st.integers(0, 25),
    st.integers(0, 61),
    st.integers(0, 61),
    st.sampled_from(["", ".5", ".1234567", "."]),
    st.builds("{}{:02d}:{:02d}".format, st.sampled_from("+-"), st.integers(0, 25), st.integers(0, 61)) | st.just("Z"),
)
LABELS = st.text(st.sampled_from(" aé\u00a0\u2028\n\t\x7f\u200b漢🏀-"), max_size=8)


@settings(max_examples=150)
@given(
    valid_payloads(),
    st.fixed_dictionaries(
        {},
        optional={
            "target_date": DAYS,
            "start_date": DAYS,
            "end_date": DAYS,
            "generated_at": INSTANTS,
            "correlation_id": LABELS,
            "export_types": st.lists(st.sampled_from([*TYPES, *GROUPS, "tonigt", ""]), max_size=3),
            "players": st.booleans(),
            "min_games": st.integers(-1, 1002) | st.floats(0, 10),
        },
    ),
)
def test_schema_and_parser_agree_near_their_borders(payload: dict[str, Any], changes: dict[str, Any]) -> None:
    check({**payload, **changes})


@settings(max_examples=100)
@given(valid_payloads(), st.sampled_from(KEYS) | st.text(max_size=5), JSON_VALUES)
@example({"export_types": ["predictions"], "target_date": "2026-02-11"}, "league", "0")
def test_schema_and_parser_agree_on_anything(payload: dict[str, Any], key: str, value: Any) -> None:
    changed = {**payload, key: value}
    assume(is_json(changed))
    check(changed)
