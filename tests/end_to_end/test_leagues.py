"""Two leagues of one deployment, with other tables, champions, rules and calendars: together each is as it is alone.

The season of the first one began in October; that of the second one lies within a year, and began on 1 January.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo.generate import generate
from demo.options import DemoOptions
from pipeline.execution.places import open_output, open_store, open_warehouse
from pipeline.execution.run import main
from pipeline.operations.diff import main as diff
from pipeline.operations.doctor import main as doctor
from pipeline.operations.rollback import main as rollback
from pipeline.operations.status import main as status
from pipeline.operations.verify import main as verify
from pipeline.options.configuration import StreamConfig, parse_stream
from pipeline.options.locations import LocalFolder
from pipeline.planning.planner import started
from pipeline.stream.answering import LaneAnswers, Output
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.job import answerer_of, grammar_of, watch_of
from pipeline.stream.lanes import lane_of
from pipeline.stream.ledger import Ledger, watched_path
from pipeline.stream.reading import MessageReader
from pipeline.stream.subscriber import SubscriberLoop
from tests.conftest import FIRST_DATE
from tests.support.matchers import assert_same_objects, contents, documents, json_of, manifest_of
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.warehouses import League
from transforms.publishing.lease import Heartbeat, acquire
from transforms.stores.control import CONTROL, ControlledStore

NOW = "2026-02-03T17:00:00Z"
"""In New York it is noon of 3 February; in Honolulu 07:00, when the league day of 2 February is not over."""
CLOCK = datetime(2026, 2, 3, 17, tzinfo=timezone.utc)
DAYS = {"nba": date(2026, 2, 3), "pacific": date(2026, 2, 2)}
NAMES = (*TONIGHT_TYPES, "player-season", "season-game-counts", "season-subsets", "trends-hot-cold")
"""Export types of every grain, and those that name a season."""
TYPES = ",".join(NAMES)
OWN_CALENDAR = {
    "time_zone": "Pacific/Honolulu",
    "clock_label": "HT",
    "rollover_hour": 8,
    "season_months": [1, 11],
}
CHAMPION = "ensemble_v1"
DATASETS = (
    "nba_analytics",
    "nba_orchestration",
    "nba_precompute",
    "nba_predictions",
    "nba_raw",
    "nba_reference",
)


@dataclass(frozen=True)
class World:
    """Tables of two leagues in one place, and the file that names the second one.

    Attributes:
        warehouse: Holds the tables of both.
        alone: Holds the tables of the second league alone, under the declared names.
        leagues: The file.
    """

    warehouse: Path
    alone: Path
    leagues: Path


@pytest.fixture(scope="module")
def world(league: League, tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("leagues")
    alone, both = root / "alone", root / "both"
    generate(
        DemoOptions(output=alone, seed=12, seasons=1, players=60, first_date=FIRST_DATE, last_date=DAYS["pacific"])
    )
    both.mkdir()
    for name, place in (("nba", league.root), ("pacific", alone)):
        for dataset in place.iterdir():
            if dataset.is_dir():
                (both / dataset.name.replace("nba", name)).symlink_to(dataset)
    record = {
        "name": "pacific",
        "datasets": {dataset: dataset.replace("nba", "pacific") for dataset in DATASETS},
        "champions": {"2025-10-01": CHAMPION},
        "rules": {"min_streak_length": 2},
        **OWN_CALENDAR,
    }
    file = root / "leagues.json"
    file.write_text(json.dumps({"leagues": [record]}))
    return World(both, alone, file)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def called(command: Callable[..., int], *argv: str) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command(list(argv))
    return Ended(code, out.getvalue(), err.getvalue())


def export(warehouse: Path, output: Path, *flags: str) -> Ended:
    given = {flag.partition("=")[0] for flag in flags}
    usual = {
        "--warehouse": str(warehouse),
        "--output": str(output),
        "--export_types": TYPES,
        "--target_date": "today",
        "--generated_at": NOW,
    }
    return called(main, *(f"{flag}={text}" for flag, text in usual.items() if flag not in given), *flags)


def tree(output: Path, league: str = "nba") -> ControlledStore:
    """Return what is published of a league."""
    below = "" if league == "nba" else f"/leagues/{league}"
    return open_output(LocalFolder(f"{output}{below}"), LocalFolder(f"{output}-control{below}"))


def shown(output: Path, league: str = "nba") -> dict[str, bytes]:
    found = documents(tree(output, league))
    return {path: held for path, held in found.items() if not path.startswith("leagues/")}


@pytest.fixture(scope="module")
def apart(world: World, league: League, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, bytes]]:
    """The trees of both leagues, each exported in a run and to a place of its own; the first one as ever."""
    root = tmp_path_factory.mktemp("apart")
    assert export(league.root, root / "nba").code == 0
    assert export(world.warehouse, root / "pacific", f"--leagues={world.leagues}", "--league=pacific").code == 0
    found = {name: shown(root / name, name) for name in DAYS}
    assert len(found["nba"]) > 50
    assert len(found["pacific"]) > 50
    return found


def assert_as_alone(output: Path, apart: Mapping[str, dict[str, bytes]]) -> None:
    for name, day in DAYS.items():
        assert_same_objects(shown(output, name), apart[name])
        assert f"tonight/{day}.json" in apart[name] or f"predictions/{day}.json" in apart[name]


class TestTogether:
    @pytest.mark.parametrize("engine", ["", "--runner=DirectRunner"], ids=["in process", "graph"])
    def test_one_run_publishes_what_each_league_publishes_alone(
        self, world: World, apart: Mapping[str, dict[str, bytes]], tmp_path: Path, engine: str
    ) -> None:
        flags = [f"--leagues={world.leagues}", "--league=nba,pacific", "--json", *filter(None, [engine])]
        ended = export(world.warehouse, tmp_path / "out", *flags)
        assert ended.code == 0, ended.err
        summaries = [json.loads(line) for line in ended.out.splitlines() if line.startswith("{")]
        assert [summary["dates"][0] for summary in summaries] == list(map(str, DAYS.values()))
        assert_as_alone(tmp_path / "out", apart)

    def test_so_does_the_stream(self, world: World, apart: Mapping[str, dict[str, bytes]], tmp_path: Path) -> None:
        job = Stream(world, tmp_path / "out")
        for name in DAYS:
            job.send({} if name == "nba" else {"league": name}, name)
        events = job.events(2)
        assert [(event["status"], event.get("league"), event["target_date"]) for event in events] == [
            ("success", None, str(DAYS["nba"])),
            ("success", "pacific", str(DAYS["pacific"])),
        ]
        assert_as_alone(tmp_path / "out", apart)

    def test_the_other_league_is_as_in_a_deployment_of_its_own(
        self, world: World, apart: Mapping[str, dict[str, bytes]], tmp_path: Path
    ) -> None:
        """Its tables under the declared names, in the default league with its champion and rules; pointers aside.

        With the calendar of the default league the bytes are the same; its own one changes the times of the clock.
        """
        told = json.loads(world.leagues.read_text())
        told["leagues"][0] = {key: value for key, value in told["leagues"][0].items() if key not in OWN_CALENDAR}
        file = tmp_path / "leagues.json"
        file.write_text(json.dumps(told))
        flags = [f"--target_date={DAYS['pacific']}", "--update_latest=never"]
        own = ["--min_streak_length=2", f"--champion_system_id={CHAMPION}"]
        assert export(world.alone, tmp_path / "declared", *flags, *own).code == 0
        assert export(world.warehouse, tmp_path / "out", f"--leagues={file}", "--league=pacific", *flags).code == 0
        found = shown(tmp_path / "declared")
        assert len(found) > 25
        assert_same_objects(found, shown(tmp_path / "out", "pacific"))
        path = f"tonight/{DAYS['pacific']}.json"
        times = [[game["game_time"] for game in json.loads(held[path])["games"]] for held in (found, apart["pacific"])]
        assert times[0]
        assert times[1] == [in_honolulu(time) for time in times[0]]

    def test_the_leagues_differ_in_all_that_their_records_say(self, apart: Mapping[str, dict[str, bytes]]) -> None:
        lengths = {
            name: json.loads(apart[name][f"streaks/{day}.json"])["min_streak_length"] for name, day in DAYS.items()
        }
        assert lengths == {"nba": 4, "pacific": 2}


def in_honolulu(time: str) -> str:
    """Return a time of a New York evening in winter on the clock of Honolulu, five hours behind."""
    clock, half, label = time.split()
    assert (half, label) == ("PM", "ET")
    hour, minute = map(int, clock.split(":"))
    then = hour % 12 + 12 - 5
    return f"{(then - 1) % 12 + 1}:{minute:02d} {'PM' if then >= 12 else 'AM'} HT"


class TestCalendars:
    def test_documents_show_the_season_of_their_league(self, apart: Mapping[str, dict[str, bytes]]) -> None:
        for name, label, first in (("nba", "2025-26", date(2025, 10, 1)), ("pacific", "2026", date(2026, 1, 1))):
            for path in ("schedule/game-counts.json", "subsets/season.json"):
                assert json.loads(apart[name][path])["season"] == label
            paths = [path for path in apart[name] if path.startswith("players/") and "/season/" in path]
            assert len(paths) > 20
            assert {path.rpartition("/")[2] for path in paths} == {f"{label}.json"}
            found = [json.loads(apart[name][path]) for path in paths]
            assert {document["season"] for document in found} == {label}
            dates = [date.fromisoformat(game["date"]) for document in found for game in document["game_log"]]
            assert first <= min(dates)
            assert (min(dates).year == 2025) == (name == "nba"), "it shows the games of its season, and no others"

    def test_schemas_say_what_the_documents_of_the_league_show(self, published: Path) -> None:
        for name, season, label in (("nba", "^\\d{4}-\\d{2}$", "ET"), ("pacific", "^\\d{4}$", "HT")):
            schemas = {path: json_of(tree(published, name), f"schemas/{path}.json") for path in NAMES}
            assert schemas["player-season"]["properties"]["season"]["pattern"] == season
            assert f"(AM|PM) {label}$" in json.dumps(schemas["tonight"])
            assert ("New York" in json.dumps(schemas)) == (name == "nba")

    def test_documents_fit_the_schemas_of_their_league_alone(self, world: World, tmp_path: Path) -> None:
        output, leagues = tmp_path / "out", f"--leagues={world.leagues}"
        assert export(world.warehouse, output, leagues, "--league=nba,pacific", "--validate").code == 0
        day = f"--target_date={DAYS['pacific']}"
        copied = Path(f"{output}/leagues/pacific").rename(tmp_path / "pacific")
        Path(f"{output}-control/leagues/pacific").rename(tmp_path / "pacific-control")
        wrong = called(verify, f"--output={copied}", day, "--json")
        found = json.loads(wrong.out)["findings"]
        assert any("2026" in str(finding) and "does not fit its schema" in str(finding) for finding in found), found


class TestColumn:
    """Both leagues in the same tables, whose rows a column tells apart."""

    @pytest.fixture(scope="class")
    @classmethod
    def mixed(cls, world: World, league: League, tmp_path_factory: pytest.TempPathFactory) -> World:
        root = tmp_path_factory.mktemp("mixed")
        for name, place in (("nba", league.root), ("pacific", world.alone)):
            for file in place.rglob("*.parquet"):
                rows = pq.read_table(file, partitioning=None)
                target = root / "both" / file.relative_to(place).with_name(f"{name}-{file.name}")
                target.parent.mkdir(parents=True, exist_ok=True)
                pq.write_table(rows.append_column("league", pa.array([name] * len(rows))), target)
        told = json.loads(world.leagues.read_text())
        told["leagues"][0] |= {"datasets": {}, "column": "league", "value": "pacific"}
        told["default"] = {"column": "league", "value": "nba"}
        file = root / "leagues.json"
        file.write_text(json.dumps(told))
        return World(root / "both", world.alone, file)

    def test_each_is_as_alone_in_tables_of_its_own(
        self, mixed: World, apart: Mapping[str, dict[str, bytes]], tmp_path: Path
    ) -> None:
        ended = export(mixed.warehouse, tmp_path / "out", f"--leagues={mixed.leagues}", "--league=nba,pacific")
        assert ended.code == 0, ended.err
        assert_as_alone(tmp_path / "out", apart)

    def test_and_so_in_the_stream(self, mixed: World, apart: Mapping[str, dict[str, bytes]], tmp_path: Path) -> None:
        job = Stream(mixed, tmp_path / "out")
        for name in DAYS:
            job.send({} if name == "nba" else {"league": name}, name)
        assert [event["status"] for event in job.events(2)] == ["success", "success"]
        assert_as_alone(tmp_path / "out", apart)


class TestWatch:
    def test_the_games_of_each_league_are_watched_in_its_tables_and_its_calendar(
        self, world: World, tmp_path: Path
    ) -> None:
        config = Stream(world, tmp_path / "out").config
        watch = watch_of(config, open_warehouse(config), open_store(config), lambda: CLOCK)
        requests = watch.requests()
        assert requests is not None
        lanes = {lane_of(asked.request) for asked in requests}
        assert {lane.partition("/")[0] for lane in lanes} == set(DAYS)
        stems = [watched_path(asked) for asked in requests]
        assert len(set(stems)) == len(stems), "the attempts of one league are not those of another"
        assert watch.tell() == ""
        for name in DAYS:
            assert json_of(tree(tmp_path / "out", name), "status.json")

    def test_a_league_whose_tables_cannot_be_read_does_not_hide_the_others(self, world: World, tmp_path: Path) -> None:
        told = json.loads(world.leagues.read_text())
        told["leagues"][0]["datasets"]["nba_raw"] = "gone"
        file = tmp_path / "leagues.json"
        file.write_text(json.dumps(told))
        config = Stream(World(world.warehouse, world.alone, file), tmp_path / "out").config
        requests = watch_of(config, open_warehouse(config), open_store(config), lambda: CLOCK).requests()
        assert requests
        assert {lane_of(asked.request).partition("/")[0] for asked in requests} == {"nba"}


class Stream:
    """A streaming job of both leagues, in this process."""

    def __init__(self, world: World, output: Path) -> None:
        argv = [
            f"--warehouse={world.warehouse}",
            f"--output={output}",
            f"--leagues={world.leagues}",
            "--input_subscription=projects/my-project/subscriptions/requests",
            "--dead_letter_topic=projects/my-project/topics/dead",
        ]
        config = parse_stream(argv)[1]
        assert isinstance(config, StreamConfig)
        self.config, store = config, open_store(config)
        self.found: list[dict[str, Any]] = []
        answerer = answerer_of(config, open_warehouse(config), store, None)
        ledger = Ledger(store, answerer.clock)
        reader = MessageReader(grammar_of(config, launches=False), DeadLetters(store), ledger)
        self._loop = SubscriberLoop(reader, LaneAnswers(answerer, ledger), self._publish, None, 0.0)

    def send(self, payload: dict[str, Any], message_id: str) -> None:
        body = {"export_types": list(NAMES), "target_date": "today", "generated_at": NOW, **payload}
        self._loop.take(_Sent(json.dumps(body).encode(), message_id))

    def events(self, count: int) -> list[dict[str, Any]]:
        for _ in range(4 * count):
            self._loop.step(0.01)
        assert len(self.found) == count
        return self.found

    def _publish(self, output: Output) -> None:
        assert output.event is not None
        self.found.append(json.loads(output.event.data))


@dataclass
class _Sent:
    data: bytes
    message_id: str
    publish_time: datetime = CLOCK

    @property
    def attributes(self) -> dict[str, str]:
        return {}

    def ack(self) -> None:
        """Do nothing."""

    def nack(self) -> None:
        raise AssertionError("it was answered")


@pytest.fixture(scope="module")
def published(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both leagues in one place."""
    output = tmp_path_factory.mktemp("published") / "out"
    assert export(world.warehouse, output, f"--leagues={world.leagues}", "--league=nba,pacific").code == 0
    return output


class TestPlaces:
    def test_control_objects_of_two_leagues_are_nowhere_the_same(self, published: Path) -> None:
        for name, other in (("nba", "pacific"), ("pacific", "nba")):
            manifests = contents(tree(published, name), "manifest/")
            assert set(manifests) == {f"manifest/{DAYS[name]}.json"}
            assert not contents(tree(published, name), f"manifest/{DAYS[other]}")
        held = {path for path in Path(f"{published}-control").rglob("*") if path.is_file()}
        below = {path for path in held if "leagues" in path.relative_to(f"{published}-control").parts[:1]}
        assert below
        assert held - below
        parts = {path.relative_to(f"{published}-control/leagues/pacific").parts[0] for path in below}
        assert {"manifest", "runs"} <= parts <= {".store", *(prefix.rstrip("/") for prefix in CONTROL)}

    def test_manifests_name_the_league_unless_it_is_the_default_one(self, published: Path) -> None:
        mine, other = (manifest_of(tree(published, name), day) for name, day in DAYS.items())
        assert "league" not in mine
        assert other["league"] == "pacific"
        assert (mine["champion"]["system_id"], other["champion"]["system_id"]) == ("catboost_v9", CHAMPION)

    def test_today_is_that_of_each_calendar(self, published: Path) -> None:
        for name, day in DAYS.items():
            assert json_of(tree(published, name), "tonight/all-players.json")["game_date"] == str(day)
            assert json_of(tree(published, name), "status.json")

    def test_a_run_that_holds_a_date_of_one_league_does_not_hold_up_another(self, world: World, tmp_path: Path) -> None:
        output = tmp_path / "out"
        flags = [f"--leagues={world.leagues}", "--league=nba,pacific", "--lease_wait=0"]
        with _holding(tree(output), DAYS["nba"]):
            ended = export(world.warehouse, output, *flags)
        assert ended.code == 1
        assert not shown(output)
        assert len(shown(output, "pacific")) > 25


@contextlib.contextmanager
def _holding(store: ControlledStore, day: date) -> Iterator[None]:
    """Hold a date as a living run does."""
    plan = started(plan_of("tonight", first=day))
    with Heartbeat(store, plan.run, plan.lease):
        acquire(store, plan.run, str(day), plan.lease)
        yield


class TestCommands:
    def flags(self, world: World, *more: str) -> tuple[str, ...]:
        return (f"--leagues={world.leagues}", "--league=pacific", *more)

    def test_each_tree_verifies_and_neither_sees_the_other(self, world: World, published: Path) -> None:
        for name, more in (("nba", ()), ("pacific", self.flags(world))):
            ended = called(
                verify,
                f"--output={published}",
                f"--target_date={DAYS[name]}",
                "--deep",
                "--json",
                *more,
                "--champion_system_id=configured",
            )
            found = json.loads(ended.out)
            assert (ended.code, found["findings"]) == (0, []), ended.out + ended.err
            assert found["checked"] > 50
        assert called(verify, f"--output={published}", "--all", "--json").code == 0

    def test_verify_holds_a_league_against_its_own_champion(self, world: World, published: Path) -> None:
        day = f"--target_date={DAYS['pacific']}"
        wrong = called(verify, f"--output={published}", day, *self.flags(world, "--champion_system_id=catboost_v9"))
        assert wrong.code == 1
        assert CHAMPION in wrong.out

    def test_diff_compares_the_trees_of_a_league(self, world: World, published: Path, tmp_path: Path) -> None:
        copy = tmp_path / "copy"
        export(world.warehouse, copy, *self.flags(world))
        same = called(diff, str(published), str(copy), *self.flags(world, "--json"))
        assert same.code == 0
        assert json.loads(same.out)["compared"] > 5
        assert called(diff, str(published), str(copy)).code == 2, "the copy holds nothing of the default league"

    def test_doctor_looks_at_the_tables_of_the_league(self, world: World, published: Path) -> None:
        places = (f"--warehouse={world.warehouse}", f"--output={published}", f"--target_date={DAYS['pacific']}")
        ended = called(doctor, *places, f"--export_types={TYPES}", *self.flags(world, "--json"))
        told = json.loads(ended.out)
        assert (ended.code, told["verdict"], told["date"]) == (0, "ready", str(DAYS["pacific"])), ended.out
        assert told["output"].endswith("/leagues/pacific")

    def test_status_and_rollback_show_the_runs_of_the_league(self, world: World, published: Path) -> None:
        told = called(status, f"--output={published}", *self.flags(world, "--json"))
        assert list(json.loads(told.out)["dates"]) == [str(DAYS["pacific"])]
        day = f"--date={DAYS['pacific']}"
        ended = called(rollback, f"--output={published}", day, *self.flags(world, "--list", "--json"))
        (run,) = json.loads(ended.out)["runs"]
        assert run["champion"] == CHAMPION
        assert called(rollback, f"--output={published}", day, "--list").code == 2, "the default league has no such run"


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("pacfic", "did you mean pacific?"),
            ("../../etc", "is not the name of a league"),
            ("PACIFIC", "is not the name of a league"),
            ("pacific/", "is not the name of a league"),
            ("", "is empty"),
            ("nba,nba", "names nba twice"),
        ],
    )
    def test_a_name_that_no_league_has(self, world: World, tmp_path: Path, name: str, told: str) -> None:
        ended = export(world.warehouse, tmp_path / "out", f"--leagues={world.leagues}", f"--league={name}")
        assert ended.code == 2
        assert told in ended.err
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("name", ["../nba", "wnba", 7, ["pacific"], ""])
    def test_a_message_about_an_unknown_league_is_rejected(self, world: World, tmp_path: Path, name: Any) -> None:
        job = Stream(world, tmp_path / "out")
        job.send({"league": name}, "m-1")
        (event,) = job.events(1)
        assert event["status"] == "rejected"
        assert "league" in event["errors"][0]

    def test_rules_of_the_default_league_beside_another_one(self, world: World, tmp_path: Path) -> None:
        flags = (f"--leagues={world.leagues}", "--league=pacific", "--min_streak_length=9")
        ended = export(world.warehouse, tmp_path / "out", *flags)
        assert ended.code == 2
        assert "--min_streak_length" in ended.err
        assert "rules of pacific" in ended.err
