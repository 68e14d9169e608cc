from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.requests.clock import league_day
from pipeline.requests.request import (
    MAX_MESSAGE_BYTES,
    ExportRequest,
    RequestDefaults,
    RequestError,
    UpdateLatest,
    parse_message,
    parse_request,
)
from pipeline.requests.request_message import KEYS

TYPES = ("predictions", "results", "streaks", "tonight", "tonight-players")
GROUPS = {"tonight-all": ("tonight", "tonight-players", "predictions"), "all": TYPES}
DEFAULTS = RequestDefaults(champion_system_id="catboost_v9")
NOW = datetime(2026, 2, 12, 3, 30, tzinfo=timezone.utc)  # 22:30 in New York, on the league day 2026-02-11
NIGHT: dict[str, object] = {"export_types": ["tonight"], "target_date": "today"}


def parse(payload: Any, *, now: datetime = NOW, defaults: RequestDefaults = DEFAULTS) -> ExportRequest:
    return parse_request(payload, known_types=TYPES, groups=GROUPS, defaults=defaults, now=now)


def message(data: bytes) -> ExportRequest:
    return parse_message(data, known_types=TYPES, groups=GROUPS, defaults=DEFAULTS, now=NOW)


def problems(payload: Any, *, defaults: RequestDefaults = DEFAULTS) -> list[str]:
    with pytest.raises(RequestError) as caught:
        parse(payload, defaults=defaults)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    return lines


def night(**changes: object) -> dict[str, object]:
    return {**NIGHT, **changes}


def on(**changes: object) -> dict[str, object]:
    return {"export_types": ["tonight"], **changes}


class TestAccepted:
    def test_smallest_request(self) -> None:
        assert parse(NIGHT) == ExportRequest(
            export_types=("tonight",),
            first_date=date(2026, 2, 11),
            last_date=date(2026, 2, 11),
            update_latest=UpdateLatest.AUTO,
            players=False,
            min_games=5,
            champion_system_id="catboost_v9",
            generated_at=NOW,
            league_day=date(2026, 2, 11),
            correlation_id="run-20260212T033000Z",
            trigger_source="unknown",
            rewrite=False,
        )

    def test_every_key(self) -> None:
        request = parse(
            {
                "export_types": ["results"],
                "start_date": "2026-02-01",
                "end_date": "2026-02-03",
                "update_latest": "force",
                "generated_at": "2026-02-12T04:00:00.25+01:00",
                "champion_system_id": "cat.boost-v10",
                "correlation_id": "späte Nacht",
                "trigger_source": "scheduler",
                "rewrite": True,
            }
        )
        assert request.dates == (date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3))
        assert request.is_range
        assert request.update_latest is UpdateLatest.FORCE
        assert request.generated_at == datetime(2026, 2, 12, 3, 0, 0, 250_000, tzinfo=timezone.utc)
        assert request.generated_at.utcoffset() == timedelta(0)
        assert request.league_day == date(2026, 2, 11)
        assert request.champion_system_id == "cat.boost-v10"
        assert (request.correlation_id, request.trigger_source) == ("späte Nacht", "scheduler")
        assert request.rewrite

    @pytest.mark.parametrize(
        ("names", "types"),
        [
            (["tonight", "predictions"], ("predictions", "tonight")),
            (["tonight", "tonight"], ("tonight",)),
            (["tonight-all", "tonight", "streaks"], ("predictions", "streaks", "tonight", "tonight-players")),
            (["all"], TYPES),
        ],
    )
    def test_groups_are_expanded_in_registry_order(self, names: list[str], types: tuple[str, ...]) -> None:
        assert parse(night(export_types=names)).export_types == types

    def test_a_name_of_a_type_and_a_group_means_the_type(self) -> None:
        request = parse_request(NIGHT, known_types=TYPES, groups={"tonight": ("streaks",)}, defaults=DEFAULTS, now=NOW)
        assert request.export_types == ("tonight",)

    @pytest.mark.parametrize(
        ("given_value", "policy"),
        [
            (True, UpdateLatest.AUTO),
            (False, UpdateLatest.NEVER),
            ("auto", UpdateLatest.AUTO),
            ("never", UpdateLatest.NEVER),
            ("force", UpdateLatest.FORCE),
        ],
    )
    def test_pointer_policy(self, given_value: object, policy: UpdateLatest) -> None:
        assert parse(night(update_latest=given_value)).update_latest is policy

    @pytest.mark.parametrize(
        ("keys", "dates"),
        [
            ({"target_date": "today"}, ["2026-02-11"]),
            ({"target_date": "yesterday"}, ["2026-02-10"]),
            ({"target_date": "2024-02-29"}, ["2024-02-29"]),
            ({"start_date": "yesterday", "end_date": "today"}, ["2026-02-10", "2026-02-11"]),
            ({"start_date": "today", "end_date": "today"}, ["2026-02-11"]),
            ({"target_date": "today", "generated_at": "2025-12-25T12:00:00Z"}, ["2025-12-25"]),
            ({"target_date": "today", "players": False}, ["2026-02-11"]),
        ],
    )
    def test_dates_are_league_days_of_the_requests_instant(self, keys: dict[str, object], dates: list[str]) -> None:
        request = parse(on(**keys))
        assert [day.isoformat() for day in request.dates] == dates
        assert request.is_range is (len(dates) > 1)

    def test_a_date_that_was_read_before_stays_what_it_is(self) -> None:
        assert parse(on(target_date=date(2026, 2, 12))) == parse(on(target_date="2026-02-12"))

    def test_players_request_has_no_dates(self) -> None:
        request = parse(on(players=True, min_games=10))
        assert (request.players, request.min_games, request.dates, request.is_range) == (True, 10, (), False)
        assert (request.first_date, request.last_date) == (None, None)

    def test_players_request_stands_for_the_player_types(self) -> None:
        defaults = RequestDefaults("catboost_v9", player_types=("streaks",))
        assert parse({"players": True}, defaults=defaults).export_types == ("streaks",)
        assert parse({"players": True, "export_types": ["streaks"]}, defaults=defaults).export_types == ("streaks",)
        assert parse({"players": True}, defaults=defaults).min_games == 5

    def test_longest_range(self) -> None:
        first = date(2024, 10, 22)
        last = first + timedelta(days=DEFAULTS.max_range_days - 1)
        assert len(parse(on(start_date=str(first), end_date=str(last))).dates) == DEFAULTS.max_range_days

    def test_runs_of_one_second_differ_by_correlation_id(self) -> None:
        assert parse(NIGHT, now=NOW.replace(microsecond=42)).correlation_id == "run-20260212T033000.000042Z"

    def test_now_may_be_in_any_zone(self) -> None:
        request = parse(NIGHT, now=NOW.astimezone(timezone(timedelta(hours=9))))
        assert request == parse(NIGHT)
        assert request.generated_at.utcoffset() == timedelta(0)

    def test_naive_now_is_the_callers_mistake(self) -> None:
        with pytest.raises(ValueError, match="has no time zone") as caught:
            parse(NIGHT, now=NOW.replace(tzinfo=None))
        assert not isinstance(caught.value, RequestError)

    def test_payload_is_left_alone(self) -> None:
        payload = night(export_types=["tonight-all"])
        parse(payload)
        assert payload == night(export_types=["tonight-all"])
        assert GROUPS["all"] == TYPES


# (payload, the start of each line, in order)
REJECTED: list[tuple[str, dict[Any, object], list[str]]] = [
    (
        "nothing",
        {},
        ["export_types: is missing; name at least one of predictions, results,", "target_date: is missing"],
    ),
    ("types alone", {"export_types": ["tonight"]}, ["target_date: is missing; give target_date, or start_date and"]),
    ("date alone", {"target_date": "today"}, ["export_types: is missing"]),
    # What reached a real export in the past.
    (
        "singular key and date",
        {"export_type": ["tonight"], "date": "2026-02-11"},
        [
            'export_type: ["tonight"] was given to an unknown key; did you mean export_types?',
            'date: "2026-02-11" was given to an unknown key; did you mean target_date?',
        ],
    ),
    ("empty list", night(export_types=[]), ["export_types: [] is not a list with a name in it; write a list"]),
    ("comma list", night(export_types="tonight,results"), ['export_types: "tonight,results" is not a list']),
    ("one name", night(export_types="tonight"), ['export_types: "tonight" is not a list']),
    ("object of types", night(export_types={"tonight": True}), ["export_types: an object is not a list"]),
    (
        "misspelt types",
        night(export_types=["tonigt", "Tonight-Players", "qqq", 7, None, ""]),
        [
            'export_types: "tonigt" is not an export type or group; did you mean tonight?',
            'export_types: "Tonight-Players" is not an export type or group; did you mean tonight-players?',
            'export_types: "qqq" is not an export type or group; name one of predictions, results, streaks,',
            "export_types: 7 is not a string",
            "export_types: null is not a string",
            'export_types: "" is not an export type or group; name one of',
        ],
    ),
    (
        "camelCase",
        on(targetDate="today"),
        ['targetDate: "today" was given to an unknown key; did you mean target_date?'],
    ),
    ("hyphen", on(**{"target-date": "today"}), ["target-date: "]),
    ("upper case", on(DATE="today"), ['DATE: "today" was given to an unknown key; did you mean target_date?']),
    ("game_date", on(game_date="today"), ["game_date: "]),
    ("from and to", on(**{"from": "today", "to": "today"}), ["from: ", "to: "]),
    (
        "since and end_date",
        on(since="yesterday", end_date="today"),
        ['since: "yesterday" was given to an unknown key; did you mean start_date?'],
    ),
    ("timestamp", night(timestamp="x"), ["timestamp: "]),
    (
        "nothing like it",
        night(zzz=1),
        ["zzz: 1 was given to an unknown key; remove it; the keys are export_types, target_date,"],
    ),
    ("key that is no string", {**NIGHT, 3: "x"}, ['3: "x" was given to an unknown key; remove it']),
    ("key that forges a line", night(**{"a\nb": 1}), ['"a\\nb": 1 was given to an unknown key']),
    # Dates.
    ("no such date", on(target_date="2026-02-30"), ['target_date: "2026-02-30" is not on the calendar; write YYYY-MM']),
    ("no leap year", on(target_date="2026-02-29"), ['target_date: "2026-02-29" is not on the calendar']),
    ("basic format", on(target_date="20260212"), ['target_date: "20260212" is not a date']),
    ("week date", on(target_date="2026-W07-4"), ['target_date: "2026-W07-4" is not a date']),
    ("datetime", on(target_date="2026-02-12T00:00:00Z"), ['target_date: "2026-02-12T00:00:00Z" is not a date']),
    ("American", on(target_date="02/12/2026"), ["target_date: "]),
    ("other digits", on(target_date="２０２６-02-12"), ["target_date: "]),
    ("trailing newline", on(target_date="2026-02-12\n"), ['target_date: "2026-02-12\\n" is not a date']),
    ("injection", on(target_date="2026-02-12' OR '1'='1"), ["target_date: "]),
    ("capital", on(target_date="Today"), ['target_date: "Today" is not a date; write YYYY-MM-DD (for example']),
    ("tomorrow", on(target_date="tomorrow"), ["target_date: "]),
    ("number", on(target_date=20260212), ["target_date: 20260212 is not a date"]),
    ("boolean", on(target_date=True), ["target_date: true is not a date"]),
    (
        "datetime object",
        on(target_date=datetime(2026, 2, 12, tzinfo=timezone.utc)),
        ["target_date: a datetime is not a date"],
    ),
    ("list", on(target_date=["2026-02-12"]), ['target_date: ["2026-02-12"] is not a date']),
    ("null date", on(target_date=None), ["target_date: null is no value; leave the key out or give it a value"]),
    ("wrong century", on(target_date="0026-02-12"), ['target_date: "0026-02-12" is not between 1900 and two years']),
    ("far future", on(target_date="2206-02-12"), ["target_date: "]),
    ("end of time", on(target_date="9999-12-31"), ["target_date: "]),
    # Scopes.
    ("start without end", on(start_date="2026-02-01"), ['start_date: "2026-02-01" has no end_date; add end_date']),
    ("end without start", on(end_date="2026-02-01"), ['end_date: "2026-02-01" has no start_date; add start_date']),
    (
        "end before start",
        on(start_date="2026-02-03", end_date="2026-02-01"),
        ['end_date: "2026-02-01" is before start_date 2026-02-03; swap them'],
    ),
    (
        "too long",
        on(start_date="2020-01-01", end_date="2026-01-01"),
        ['end_date: "2020-01-01 to 2026-01-01" spans 2193 days; split it into ranges of at most 400 days'],
    ),
    (
        "date and range",
        on(target_date="today", start_date="today", end_date="today"),
        ['target_date: "today" excludes start_date, end_date; give target_date, or start_date and end_date, or'],
    ),
    ("date and start", on(target_date="today", start_date="today"), ['target_date: "today" excludes start_date']),
    ("date and players", night(players=True), ['target_date: "today" excludes players']),
    (
        "range and players",
        on(start_date="today", end_date="today", players=True),
        ['start_date: "today" excludes play'],
    ),
    ("null date and players", on(target_date=None, players=True), ["target_date: null", "target_date: null excludes"]),
    ("players false alone", on(players=False), ["target_date: is missing"]),
    ("players as text", on(players="true"), ['players: "true" is not a JSON boolean; write true or false']),
    ("players as number", on(players=1), ["players: 1 is not a JSON boolean"]),
    # The rest.
    ("min_games alone", night(min_games=5), ["min_games: 5 means nothing without players; add players: true"]),
    ("min_games zero", on(players=True, min_games=0), ["min_games: 0 is not a number of games"]),
    ("min_games negative", on(players=True, min_games=-1), ["min_games: -1 "]),
    ("min_games boolean", on(players=True, min_games=True), ["min_games: true "]),
    ("min_games float", on(players=True, min_games=5.0), ["min_games: 5.0 "]),
    ("min_games text", on(players=True, min_games="5"), ['min_games: "5" ']),
    ("min_games huge", on(players=True, min_games=10**5000), ["min_games: a number beyond 64 bits is not a number of"]),
    ("policy", night(update_latest="always"), ['update_latest: "always" is not a pointer policy; write auto, never']),
    ("policy number", night(update_latest=1), ["update_latest: 1 "]),
    ("policy list", night(update_latest=["auto"]), ["update_latest: "]),
    (
        "champion",
        night(champion_system_id="a b"),
        ['champion_system_id: "a b" is not a model id; use 1 to 100 letters'],
    ),
    ("champion empty", night(champion_system_id=""), ["champion_system_id: "]),
    ("champion newline", night(champion_system_id="a\n"), ["champion_system_id: "]),
    ("champion long", night(champion_system_id="a" * 101), ["champion_system_id: "]),
    ("champion quote", night(champion_system_id="a' OR 1=1"), ["champion_system_id: "]),
    ("id number", night(correlation_id=7), ["correlation_id: 7 is not a string"]),
    ("id blank", night(correlation_id=" "), ['correlation_id: " " is blank']),
    ("id control", night(correlation_id="a\nERROR b"), ['correlation_id: "a\\nERROR b" has control characters']),
    ("id separator", night(correlation_id="a\u2028b"), ["correlation_id: "]),
    ("id surrogate", night(correlation_id="\ud800"), ['correlation_id: "\\ud800" has control characters']),
    ("source long", night(trigger_source="x" * 201), ['trigger_source: "xxxx']),
    ("rewrite text", night(rewrite="yes"), ['rewrite: "yes" is not a JSON boolean']),
    ("rewrite null", night(rewrite=None), ["rewrite: null is no value"]),
    ("instant naive", night(generated_at="2026-02-12T18:00:00"), ["generated_at: "]),
    ("instant date", night(generated_at="2026-02-12"), ['generated_at: "2026-02-12" is not an instant; write an ISO']),
    ("instant number", night(generated_at=1770000000), ["generated_at: 1770000000 is not an instant"]),
    ("instant impossible", night(generated_at="2026-02-30T18:00:00Z"), ["generated_at: "]),
    ("instant offset", night(generated_at="2026-02-12T18:00:00+25:00"), ["generated_at: "]),
    ("instant minute", night(generated_at="2026-02-12T18:61:00Z"), ["generated_at: "]),
    ("instant of year one", night(generated_at="0001-01-01T00:00:00Z"), ["generated_at: "]),
    ("instant of last year", night(generated_at="9999-12-31T23:59:59-23:00"), ["generated_at: "]),
]


@pytest.mark.parametrize(("payload", "starts"), [row[1:] for row in REJECTED], ids=[row[0] for row in REJECTED])
def test_rejected(payload: Mapping[str, object], starts: list[str]) -> None:
    lines = problems(payload)
    assert len(lines) == len(starts), lines
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start), line
        assert "; " in line


def test_all_problems_are_reported_at_once_in_key_order() -> None:
    lines = problems(
        {
            "rewrite": 1,
            "champion_system_id": "",
            "colour": "red",
            "min_games": 0,
            "end_date": "2026-02-30",
            "start_date": 5,
            "export_types": ["nope"],
        }
    )
    assert [line.split(":")[0] for line in lines] == [
        "colour",
        "export_types",
        "start_date",
        "end_date",
        "min_games",
        "champion_system_id",
        "rewrite",
    ]


@pytest.mark.parametrize("payload", [None, [], "tonight", 3, [NIGHT]])
def test_payload_must_be_an_object(payload: object) -> None:
    assert "is not a JSON object; send an object" in problems(payload)[0]
    with pytest.raises(RequestError, match="is not a JSON object"):
        ExportRequest.from_json(payload)  # type: ignore[arg-type]


def test_players_request_takes_player_types_only() -> None:
    defaults = RequestDefaults("catboost_v9", player_types=("streaks",))
    assert problems(on(players=True), defaults=defaults) == [
        'export_types: "tonight" needs a date, which players: true excludes; request it with target_date'
    ]


def test_flood_of_unknown_names_is_counted_not_listed() -> None:
    lines = problems(night(export_types=[f"unknown{i}" for i in range(20_000)], **{f"k{i}": 1 for i in range(20_000)}))
    assert len(lines) == 42
    assert "message: has 19980 more unknown keys; remove them" in lines
    assert "export_types: has 19980 more unknown names; remove them" in lines


def test_long_values_are_shortened() -> None:
    (line,) = problems(on(target_date="x" * 100_000))
    assert len(line) < 250


def test_error_survives_pickling() -> None:
    with pytest.raises(RequestError) as caught:
        parse({})
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.problems == caught.value.problems


class TestMessage:
    def test_bytes_of_an_object(self) -> None:
        assert message(json.dumps(NIGHT).encode()) == parse(NIGHT)

    @pytest.mark.parametrize(
        ("data", "line"),
        [
            (b"", "message: is not JSON at line 1, column 1"),
            (b"\xff\xfe{}", "message: is not UTF-8 at byte 0"),
            (json.dumps(NIGHT).encode("utf-16"), "message: is not UTF-8 at byte 0"),
            (b"\xef\xbb\xbf{}", "message: is not JSON at line 1, column 1"),
            (b"{", "message: is not JSON at line 1, column 2"),
            (b"{'target_date': 'today'}", "message: is not JSON"),
            (b"null", "message: null is not a JSON object"),
            (b"[]", "message: [] is not a JSON object"),
            (b'"today"', 'message: "today" is not a JSON object'),
            (b"[" * 100_000, "message: holds a number or a nesting that is too large"),
            (b'{"min_games": ' + b"9" * 5000 + b"}", ""),
            (b'{"target_date": "today", "target_date": "yesterday"}', 'target_date: "yesterday" is a second value'),
            (b" " * (MAX_MESSAGE_BYTES + 1), f"message: has {MAX_MESSAGE_BYTES + 1} bytes; send at most 262144"),
        ],
    )
    def test_anything_else_is_one_clear_line(self, data: bytes, line: str) -> None:
        with pytest.raises(RequestError) as caught:
            message(data)
        assert str(caught.value).startswith(line)
        if line:
            assert len(caught.value.problems) == 1

    def test_not_a_number_is_no_value(self) -> None:
        with pytest.raises(RequestError, match="target_date: NaN is not a date"):
            message(b'{"export_types": ["tonight"], "target_date": NaN}')

    @given(st.binary(max_size=200))
    def test_random_bytes_raise_nothing_else(self, data: bytes) -> None:
        with pytest.raises(RequestError):
            message(data)


# Round trips and random payloads.

INSTANTS = st.integers(-(2**41), int(1000 * NOW.timestamp())).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)
)
LABELS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@st.composite
def valid_payloads(draw: st.DrawFn) -> dict[str, object]:
    now = draw(INSTANTS)
    today = league_day(now)
    payload: dict[str, object] = {
        "export_types": draw(st.lists(st.sampled_from([*TYPES, *GROUPS]), min_size=1)),
        "generated_at": now.isoformat().replace("+00:00", draw(st.sampled_from(["Z", "+00:00"]))),
    }
    first = draw(st.dates(date(1900, 1, 1), today + timedelta(days=300)))
    scope = draw(st.sampled_from(["date", "word", "range", "players"]))
    if scope == "date":
        payload["target_date"] = first.isoformat()
    elif scope == "word":
        payload["target_date"] = draw(st.sampled_from(["today", "yesterday"]))
    elif scope == "range":
        payload["start_date"] = first.isoformat()
        payload["end_date"] = (first + timedelta(days=draw(st.integers(0, 399)))).isoformat()
    else:
        payload["players"] = True
        payload |= draw(st.fixed_dictionaries({}, optional={"min_games": st.integers(1, 1000)}))
    return payload | draw(
        st.fixed_dictionaries(
            {},
            optional={
                "update_latest": st.sampled_from([True, False, "auto", "never", "force"]),
                "champion_system_id": st.text("aZ09_.-", min_size=1, max_size=100),
                "correlation_id": LABELS,
                "trigger_source": LABELS,
                "rewrite": st.booleans(),
            },
        )
    )


@settings(max_examples=60)
@given(valid_payloads(), INSTANTS)
def test_round_trip(payload: dict[str, object], later: datetime) -> None:
    request = parse(payload)
    written = request.to_json()
    assert set(written) <= set(KEYS)
    # A clock that is behind the request by more than a few minutes rejects it.
    assert parse(json.loads(json.dumps(written)), now=max(later, request.generated_at)) == request
    assert message(json.dumps(written).encode()) == request
    assert ExportRequest.from_json(json.loads(json.dumps(written))) == request
    assert pickle.loads(pickle.dumps(request)) == request


@given(valid_payloads())
def test_request_is_consistent(payload: dict[str, object]) -> None:
    request = parse(payload)
    assert request.export_types == tuple(name for name in TYPES if name in request.export_types)
    assert request.league_day == league_day(request.generated_at)
    assert bool(request.dates) is not request.players
    if request.dates:
        assert (request.dates[0], request.dates[-1]) == (request.first_date, request.last_date)
        assert all(b - a == timedelta(days=1) for a, b in zip(request.dates, request.dates[1:], strict=False))


def test_retired_type_can_still_be_read_back() -> None:
    written = {**parse(NIGHT).to_json(), "export_types": ["retired", "tonight"]}
    assert ExportRequest.from_json(written).export_types == ("retired", "tonight")


@pytest.mark.parametrize("key", ["generated_at", "export_types", "champion_system_id", "target_date"])
def test_what_to_json_did_not_write_is_not_read_back(key: str) -> None:
    written = parse(NIGHT).to_json()
    del written[key]
    with pytest.raises(RequestError, match=key):
        ExportRequest.from_json(written)


def check_message(error: RequestError) -> None:
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems) > 0
    assert all(line.isascii() and line.isprintable() for line in lines)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["today", *TYPES]),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=15), JSON_VALUES, max_size=8))
def test_random_payloads_raise_nothing_but_request_errors(payload: dict[str, object]) -> None:
    try:
        request = parse(payload)
    except RequestError as error:
        check_message(error)
    else:
        assert parse(request.to_json()) == request


@given(valid_payloads(), st.sampled_from(KEYS), JSON_VALUES)
def test_one_random_value_raises_nothing_but_request_errors(
    payload: dict[str, object], key: str, value: object
) -> None:
    try:
        request = parse({**payload, key: value})
    except RequestError as error:
        check_message(error)
    else:
        assert parse(request.to_json()) == request
