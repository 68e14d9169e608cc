"""Every corruption of a published night is found; a night without any has no findings.

A corruption changes the bytes of a document and its pointers alike, and the digests that their objects tell, as a
faulty program would. The manifest is left alone. Most are found without it as well: the second half makes the manifest
agree with the corruption.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from exporters.config.leagues import NBA
from exporters.registry import exports
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import at_instant, begun
from pipeline.verification.document_checks import read_document
from pipeline.verification.tree import place_of
from pipeline.verification.verify import verify
from tests.support.plans import EASY, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from transforms.elements.document import encode
from transforms.stores.control import ControlledStore

TYPES = (
    "predictions",
    "tonight",
    "tonight-players",
    "best-bets",
    "live-grading",
    "results",
    "streaks",
    "season-subsets",
    "player-profiles",
    "player-index",
)
BEGAN, AS_OF = datetime(2026, 2, 3, 18, tzinfo=timezone.utc), "2026-02-03T18:00:00.000000Z"
CHAMPION = EASY.champion_system_id


@dataclass
class Night:
    """A published tree of three dates, of which the last one is today."""

    store: ControlledStore
    day: date

    def verify(self, **more: Any) -> list[str]:
        return verify(self.store, None, today=self.day, champion=CHAMPION, **more).problems

    def copy(self) -> Night:
        places = []
        for place in (self.store.public, self.store.control):
            assert isinstance(place, MemoryStore)
            clone = MemoryStore()
            clone._objects = dict(place._objects)
            clone._generation = place._generation
            places.append(clone)
        return Night(ControlledStore(*places), self.day)

    def path(self, name: str, day: date | None = None, player: str = "") -> str:
        return exports()[name].path_of(day or self.day, player, calendar=NBA.calendar)

    def player(self, at: int = 0) -> str:
        """A player of the night who has a forecast and a card."""
        return str(self.value(self.path("predictions"))["games"][0]["predictions"][at]["player_lookup"])

    def value(self, path: str) -> Any:
        found = self.store.read(path)
        assert found is not None
        return orjson.loads(found[0])

    def manifest(self, change: Callable[[Any], None], day: date | None = None) -> None:
        path = f"manifest/{day or self.day}.json"
        found = self.value(path)
        change(found)
        self.store.write(path, encode(found), cache_control="no-cache")

    def change(self, path: str, change: Callable[[Any], Any]) -> str:
        """Change a document and its pointers alike; a change returns what replaces it, or changes it in place."""
        value = self.value(path)
        returned = change(value)
        self.replace(path, encode(value if returned is None else returned))
        return path

    def replace(self, path: str, content: bytes) -> str:
        found = self.store.read(path)
        place = place_of(path)
        assert found is not None
        assert place is not None
        twins = [path]
        for pointer in place.export.pointers:
            other = pointer.path.format(player=place.player)
            shown = self.store.stat(other)
            if shown is not None and shown.metadata.get("game_date") == str(place.day):
                twins.append(other)
        for twin in twins:
            self.put(twin, content)
        return path

    def put(self, path: str, content: bytes, **other: Any) -> str:
        shown = self.store.stat(path)
        assert shown is not None
        digest = read_document(path, content, shown).digest
        told = {
            "cache_control": shown.cache_control,
            "content_type": shown.content_type,
            "metadata": {**shown.metadata, "digest": digest},
            **other,
        }
        self.store.write(path, content, **told)
        return path

    def agree(self) -> None:
        """Make the manifests agree with the bytes that are there."""
        for day in (self.day - timedelta(days=n) for n in range(3)):

            def settle(manifest: Any) -> None:
                for section in manifest["exports"].values():
                    for path in list(section["documents"]):
                        found = self.store.read(path)
                        if found is not None:
                            section["documents"][path] = read_document(path, *found).digest

            self.manifest(settle, day)


@pytest.fixture(scope="module")
def published(league: League) -> Night:
    store = ControlledStore(MemoryStore(), MemoryStore())
    for back in (2, 1, 0):
        day = league.today - timedelta(days=back)
        plan = at_instant(begun(plan_of(*TYPES, first=day, update_latest="force"), BEGAN), AS_OF)
        run_in_process(plan, league.warehouse, store)
    return Night(store, league.today)


@pytest.fixture
def night(published: Night) -> Night:
    return published.copy()


def test_a_night_without_a_corruption_has_no_findings(night: Night) -> None:
    found = verify(night.store, None, today=night.day, champion=CHAMPION)
    assert found.problems == []
    assert found.read > 200


def test_a_sample_reads_less_and_has_no_findings_either(night: Night) -> None:
    found = verify(night.store, None, today=night.day, champion=CHAMPION, sample=5)
    assert found.problems == []
    assert found.read < 100 < found.checked


def test_a_copy_without_metadata_has_no_findings(night: Night) -> None:
    assert isinstance(night.store.public, MemoryStore)
    for path, (content, shown) in list(night.store.public._objects.items()):
        bare = replace(shown, metadata={}, cache_control="", content_type="application/octet-stream")
        night.store.public._objects[path] = (content, bare)
    assert night.verify() == []


def first(value: Any) -> Any:
    """The first forecast of a document of predictions."""
    return value["games"][0]["predictions"][0]


def drop_a_pick(value: Any) -> None:
    del value["games"][0]["predictions"][0]


def in_words(old: str, new: str) -> Callable[[Any], Any]:
    return lambda value: orjson.loads(orjson.dumps(value).replace(old.encode(), new.encode()))


def flip(value: Any) -> None:
    said = next(entry["prediction"] for game in value["games"] for entry in game["predictions"] if _is_pick(entry))
    said["recommendation"] = "UNDER" if said["recommendation"] == "OVER" else "OVER"


def _is_pick(entry: Any) -> bool:
    return entry["prediction"]["recommendation"] in ("OVER", "UNDER")


def swapped(night: Night) -> str:
    paths = [night.path("tonight-players", player=night.player(at)) for at in (0, 1)]
    contents = [night.store.read(path) for path in paths]
    for path, content in zip(paths, reversed(contents), strict=True):
        assert content is not None
        night.replace(path, content[0])
    return paths[0]


def stale(night: Night) -> str:
    """Yesterday's document at the path of today, its dates changed."""
    before = night.day - timedelta(days=1)
    value = night.value(night.path("predictions", before))
    return night.replace(night.path("predictions"), encode(in_words(str(before), str(night.day))(value)))


def other_run(night: Night) -> str:
    path = night.path("tonight")
    found, shown = night.store.read(path), night.store.stat(path)
    assert found is not None
    assert shown is not None
    night.change(path, lambda value: value["games"][0]["players"][0].update(season_ppg=99.9))
    later = {"as_of": "2099-01-01T00:00:00.000000Z", "execution_id": "other"}
    value = night.store.read(path)
    assert value is not None
    return night.put(path, value[0], metadata={**shown.metadata, **later})


def pointer(night: Night, change: Callable[[str, Any], None]) -> str:
    path = "predictions/today.json"
    shown = night.store.stat(path)
    assert shown is not None
    change(path, shown)
    return path


def pointer_to(night: Night, day: date, content: bytes) -> str:
    path = "predictions/today.json"
    shown = night.store.stat(path)
    assert shown is not None
    return night.put(path, content, metadata={**shown.metadata, "game_date": str(day)})


def behind(night: Night) -> str:
    before = night.day - timedelta(days=1)
    found = night.store.read(night.path("predictions", before))
    assert found is not None
    return pointer_to(night, before, found[0])


def ahead(night: Night) -> str:
    after = night.day + timedelta(days=9)
    value = in_words(str(night.day), str(after))(night.value(night.path("predictions")))
    return pointer_to(night, after, encode(value))


def of_another_type(night: Night) -> str:
    found = night.store.read(night.path("streaks"))
    assert found is not None
    return pointer_to(night, night.day, found[0])


def at_nothing(night: Night) -> str:
    for name in ("predictions",):
        night.store.delete(night.path(name))
    return "predictions/today.json"


def added(night: Night, path: str, like: str) -> str:
    found, shown = night.store.read(like), night.store.stat(like)
    assert found is not None
    assert shown is not None
    night.store.write(path, found[0], cache_control=shown.cache_control, metadata=shown.metadata)
    return path


def without_games(night: Night) -> str:
    """The manifest says that there were no games, and the documents show some."""
    night.manifest(lambda manifest: manifest["funnel"].update(games=0))
    return night.path("predictions")


def old_manifest(night: Night) -> str:
    """The manifest of a run before the one that wrote the objects."""

    def age(manifest: Any) -> None:
        for told in (manifest["run"], *manifest["exports"].values()):
            told.update(as_of="2000-01-01T00:00:00.000000Z", execution_id="1999")

    night.manifest(age)
    return night.path("predictions")


def told(change: Callable[[Any], None], subject: str = "") -> Callable[[Night], str]:
    def act(night: Night) -> str:
        night.manifest(change)
        return subject or str(night.day)

    return act


def lie_about_counts(manifest: Any) -> None:
    for section in manifest["exports"].values():
        for name in section["counts"]:
            section["counts"][name] += 7


def lie_about_digests(manifest: Any) -> None:
    documents = manifest["exports"]["predictions"]["documents"]
    documents.update(dict.fromkeys(documents, "0" * 32))


def fewer(night: Night) -> str:
    """A tenth of the players is left, and every count agrees."""

    def shrink(value: Any) -> None:
        games = value["games"]
        for game in games:
            game["players"] = game["players"][:1]
            game["player_count"] = len(game["players"])
        value["total_players"] = sum(len(game["players"]) for game in games)
        value["total_with_lines"] = sum(card["has_line"] for game in games for card in game["players"])

    return night.change(night.path("tonight"), shrink)


def entry_without_player(night: Night) -> str:
    player = night.value("players/index.json")["players"][0]["player_lookup"]
    night.store.delete(f"players/{player}.json")
    return f"players/{player}.json"


def player_without_entry(night: Night) -> str:
    player = night.value("players/index.json")["players"][0]["player_lookup"]

    def remove(value: Any) -> None:
        del value["players"][0]
        value["total_players"] -= 1

    night.change("players/index.json", remove)
    return f"players/{player}.json"


def on(name: str, change: Callable[[Any], Any]) -> Callable[[Night], str]:
    return lambda night: night.change(night.path(name), change)


def bytes_of(name: str, change: Callable[[bytes], bytes]) -> Callable[[Night], str]:
    def act(night: Night) -> str:
        found = night.store.read(night.path(name))
        assert found is not None
        return night.replace(night.path(name), change(found[0]))

    return act


def described(**other: Any) -> Callable[[Night], str]:
    def act(night: Night) -> str:
        found = night.store.read(night.path("predictions"))
        assert found is not None
        return night.put(night.path("predictions"), found[0], **other)

    return act


def missing(night: Night) -> str:
    path = night.path("tonight-players", player=night.player())
    night.store.delete(path)
    return path


def gone(path: Callable[[Night], str], subject: Callable[[Night], str]) -> Callable[[Night], str]:
    def act(night: Night) -> str:
        night.store.delete(path(night))
        return subject(night)

    return act


def player_pointer(night: Night) -> str:
    return f"tonight/player/{night.player()}.json"


CORRUPTIONS: dict[str, Callable[[Night], str]] = {
    "missing": missing,
    "truncated": bytes_of("predictions", lambda content: content[: len(content) // 2]),
    "empty file": bytes_of("predictions", lambda content: b""),
    "empty list": on("predictions", lambda value: value.update(games=[])),
    "wrong date inside": on("predictions", lambda value: value.update(game_date="2020-01-01")),
    "other champion": told(lambda manifest: manifest["champion"].update(system_id="other_v1")),
    "stale": stale,
    "from another run": other_run,
    "swapped players": swapped,
    "value changed by one": on("predictions", lambda value: first(value)["prediction"].update(points=1.0)),
    "pick flipped": on("predictions", flip),
    "line changed": on("predictions", lambda value: first(value)["prediction"].update(line=3.5)),
    "duplicated pick": on("best-bets", lambda value: value["picks"].append(copy.deepcopy(value["picks"][0]))),
    "dropped pick": on("predictions", drop_a_pick),
    "null name": on("best-bets", lambda value: value["picks"][0].update(player_full_name=None)),
    "wrong order": on("best-bets", lambda value: value["picks"].reverse()),
    "schema: extra": on("predictions", lambda value: value.update(extra=1)),
    "schema: missing": on("predictions", lambda value: value.pop("total_games")),
    "schema: typed wrong": on("predictions", lambda value: value.update(total_games="7")),
    "HTML instead of JSON": bytes_of("predictions", lambda content: b"<html>Sign in</html>"),
    "wrong content type": described(content_type="text/html"),
    "wrong cache control": described(cache_control="no-store"),
    "wrong encoding": bytes_of("predictions", lambda content: content.decode().encode("utf-16")),
    "pointer behind": behind,
    "pointer ahead": ahead,
    "pointer at nothing": at_nothing,
    "pointer of another type": of_another_type,
    "pointer missing": gone(lambda night: "predictions/today.json", lambda night: "predictions/today.json"),
    "pointer of a player missing": gone(player_pointer, player_pointer),
    "manifest missing": gone(lambda night: f"manifest/{night.day}.json", lambda night: str(night.day)),
    "manifest old": old_manifest,
    "manifest lies about counts": told(lie_about_counts),
    "manifest lies about digests": lambda night: (night.manifest(lie_about_digests), night.path("predictions"))[1],
    "manifest lies about the champion": told(lambda manifest: manifest["champion"].update(fallback_for="other_v1")),
    "manifest of another date": told(lambda manifest: manifest.update(date="2020-01-01")),
    "manifest unreadable": told(lambda manifest: manifest.pop("exports")),
    "orphan of a removed player": lambda night: added(
        night,
        night.path("tonight-players", player="nobody"),
        night.path("tonight-players", player=night.player()),
    ),
    "a date without games": without_games,
    "leaked model id": on("best-bets", lambda value: value.update(methodology=f"picks of {CHAMPION}")),
    "leaked stack trace": on("best-bets", lambda value: value.update(methodology="Traceback (most recent call last)")),
    "coverage fallen": fewer,
    "index without a player": entry_without_player,
    "player without an index entry": player_without_entry,
    "season subset total off": on(
        "season-subsets",
        lambda value: value["model_groups"][0]["record"]["season"].update(
            wins=value["model_groups"][0]["record"]["season"]["wins"] + 1
        ),
    ),
    "future date": lambda night: added(
        night, night.path("predictions", night.day + timedelta(days=30)), night.path("predictions")
    ),
    "odd file name": lambda night: added(night, "predictions/today (1).json", night.path("predictions")),
}
assert len(CORRUPTIONS) == 46


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_found_where_it_is(night: Night, name: str) -> None:
    subject = CORRUPTIONS[name](night)
    problems = night.verify()
    assert any(problem.startswith(subject) for problem in problems), problems


ONLY_THE_MANIFEST_TELLS = {"wrong order", "season subset total off"}
"""Corruptions that change nothing which another document shows, or that a rule forbids."""


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_most_corruptions_are_found_where_the_manifest_agrees_with_them(night: Night, name: str) -> None:
    CORRUPTIONS[name](night)
    if "manifest" not in name:
        night.agree()
    assert bool(night.verify()) is (name not in ONLY_THE_MANIFEST_TELLS)


class TestSchemas:
    """A document names the version of the schema that it was written for."""

    def named(self, night: Night, name: str, schema: str) -> None:
        path = night.path(name)
        found = night.store.read(path)
        assert found is not None
        night.put(path, found[0], metadata={**found[1].metadata, "schema": schema})

    def test_every_document_names_the_schema_of_its_type(self, night: Night) -> None:
        for name in TYPES:
            shown = night.store.stat(night.path(name, player=night.player()))
            assert shown is not None
            assert shown.metadata["schema"] == exports()[name].schema
            assert night.value(f"manifest/{night.day}.json")["exports"][name]["schema"] == exports()[name].schema

    @pytest.mark.parametrize(
        "schema", ["urn:phase6:schema:results:2", "urn:phase6:schema:tonight:1", "urn:phase6:schema:results:x", "2"]
    )
    def test_a_name_that_is_no_schema_of_the_type_is_a_problem(self, night: Night, schema: str) -> None:
        self.named(night, "results", schema)
        assert [line for line in night.verify() if f"are of schema {schema}" in line]

    def test_an_older_version_is_a_warning(self, night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports()["results"], "version", 2)
        found = verify(night.store, None, today=night.day, champion=CHAMPION)
        assert found.findings == []
        assert [warning.export for warning in found.warnings] == ["results"] * 3
        assert "1 documents of results are of schema urn:phase6:schema:results:1" in found.warnings[0].what
        assert [warning["export_type"] for warning in found.as_json()["warnings"]] == ["results"] * 3

    def test_documents_of_runs_that_named_none_are_no_concern(self, night: Night) -> None:
        path = night.path("results")
        found = night.store.read(path)
        assert found is not None
        told = {key: value for key, value in found[1].metadata.items() if key != "schema"}
        night.put(path, found[0], metadata=told)
        checked = verify(night.store, None, today=night.day, champion=CHAMPION)
        assert (checked.findings, checked.warnings) == ([], [])
