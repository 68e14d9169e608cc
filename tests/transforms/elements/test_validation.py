from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest

from exporters.declaration import Json
from exporters.document_schemas import schema_of
from exporters.registry import exports
from exporters.warehouse.tables import FACTORS
from pipeline.execution.in_process import run_in_process
from tests.support.made_up import CARD
from tests.support.matchers import contents, documents, json_of, manifest_of, without_timings
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, find_row, with_value
from transforms.elements.document import make_document
from transforms.elements.plan import Plan
from transforms.elements.validation import InvalidDocument, json_path, require_valid

TONIGHT = exports()["tonight"]
DAY = date(2026, 2, 3)


def validating(plan: Plan) -> Plan:
    return replace(plan, validate=True)


def example(**changes: Any) -> Json:
    schema = schema_of(TONIGHT)
    assert schema is not None
    value: Json = orjson.loads(orjson.dumps(schema["examples"][0]))
    return {**value, **changes}


def violation(value: Json) -> str:
    with pytest.raises(InvalidDocument) as caught:
        require_valid(TONIGHT, "tonight/2026-02-03.json", orjson.dumps(value))
    return str(caught.value)


class TestRequireValid:
    def test_accepts_what_fits(self) -> None:
        require_valid(TONIGHT, "tonight/2026-02-03.json", orjson.dumps(example()))

    def test_names_document_place_and_reason(self) -> None:
        value = example()
        value["games"][0]["players"][0]["fatigue_level"] = "drowsy"
        assert violation(value) == (
            "tonight/2026-02-03.json does not fit its schema at $.games[0].players[0].fatigue_level: "
            '"drowsy" is not one of "fresh", "normal" or "tired"; it is not published'
        )

    def test_counts_what_else_is_wrong(self) -> None:
        assert "(and 1 more)" in violation(example(total_players=-1, total_with_lines="many"))

    def test_stays_short(self) -> None:
        message = violation(example(games="x" * 10_000))
        assert len(message) < 500
        assert message.count("\n") == 0
        assert 'is not of type "array"' in message

    def test_checks_dates(self) -> None:
        assert "$.game_date" in violation(example(game_date="2026-02-30"))
        assert "$.generated_at" in violation(example(generated_at="2026-02-03"))

    def test_checks_what_the_encoding_made_of_a_value(self) -> None:
        value = example()
        value["games"][0]["players"][0]["last_10_lines"] = [float("nan")]
        require_valid(TONIGHT, "x", orjson.dumps(value))
        value["games"][0]["players"][0]["prediction"]["confidence"] = float("nan")
        assert "prediction.confidence: null is not" in violation(value)

    def test_a_document_without_a_schema_is_invalid(self) -> None:
        with pytest.raises(InvalidDocument, match="card has no schema"):
            require_valid(CARD, "card/ann.json", b"{}")


def test_json_path() -> None:
    assert json_path([]) == "$"
    assert json_path(["games", 0, "players", 12, "team"]) == "$.games[0].players[12].team"


class TestMakeDocument:
    def test_is_off_by_default(self) -> None:
        assert make_document(TONIGHT, example(games=[], total_players=-1), DAY, "now", settled=False)

    def test_rejects_an_invalid_document(self) -> None:
        with pytest.raises(InvalidDocument, match=r"^tonight/2026-02-03\.json does not fit"):
            make_document(TONIGHT, example(total_players=-1), DAY, "now", settled=False, validate=True)


class TestRun:
    def test_publishes_the_same_bytes_with_and_without(self, league: League) -> None:
        checked, unchecked = MemoryStore(), MemoryStore()
        run_in_process(plan_of(*TONIGHT_TYPES, first=DAY), league.warehouse, unchecked)
        run_in_process(validating(plan_of(*TONIGHT_TYPES, first=DAY)), league.warehouse, checked)
        assert without_timings(documents(checked)) == without_timings(documents(unchecked))
        assert manifest_of(checked, DAY)["status"] == "success"

    def test_leaves_out_one_bad_document_and_names_the_place(self, league: League) -> None:
        rows = league.rows(FACTORS)
        at = find_row(rows, game_date=DAY)
        player = rows.column("player_lookup")[at].as_py()
        broken = league.changed({FACTORS: with_value(rows, at, fatigue_score=1000)})
        store = MemoryStore()
        run_in_process(validating(plan_of("tonight-players", first=DAY)), broken, store)
        section = manifest_of(store, DAY)["exports"]["tonight-players"]
        (failure,) = section["failures"]
        path = f"tonight/player/{DAY}/{player}.json"
        assert (failure["step"], failure["key"]) == ("SweepHistories", player)
        assert failure["error"] == (
            f"InvalidDocument: {path} does not fit its schema at $.fatigue.score: "
            "1000.0 is greater than the maximum of 100; it is not published"
        )
        assert path not in contents(store)
        assert f"tonight/player/{player}.json" not in contents(store)
        assert section["written"] > 10
        assert manifest_of(store, DAY)["status"] == "partial"

    def test_withholds_a_bad_date_document(self, league: League) -> None:
        rows = league.rows(FACTORS)
        broken = league.changed({FACTORS: with_value(rows, find_row(rows, game_date=DAY), fatigue_score=1000)})
        store = MemoryStore()
        run_in_process(validating(plan_of("tonight", first=DAY)), broken, store)
        (failure,) = manifest_of(store, DAY)["exports"]["tonight"]["failures"]
        assert "fatigue_score" in failure["error"]
        assert f"tonight/{DAY}.json" not in contents(store)

    def test_checks_the_document_of_a_player_without_a_game(self, league: League) -> None:
        store = MemoryStore()
        shown = b'{"game_date": "2026-02-01"}'
        pointer = "tonight/player/!.json"
        store.write(pointer, shown, cache_control="", metadata={"game_date": "2026-02-01", "empty": "false"})
        run_in_process(validating(plan_of("tonight-players", first=DAY)), league.warehouse, store)
        failed = manifest_of(store, DAY)["exports"]["tonight-players"]["pointers"]["failed"]
        assert "does not fit its schema at $.player_lookup" in failed[pointer]
        assert json_of(store, pointer) == orjson.loads(shown)
