"""A manifest compared with the published objects."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pipeline.execution.in_process import run_in_process
from pipeline.operations.verify import DIFFERENT, OK, main
from pipeline.verification.finding import Verification
from pipeline.verification.verify import verify as verify_tree
from tests.support.plans import plan_of
from tests.support.stores import published_in
from tests.support.warehouses import League
from transforms.elements.plan import LeaseRules, Run
from transforms.publishing.lease import acquire
from transforms.stores.control import ControlledStore
from transforms.stores.folder import LocalStore

TYPES = ("predictions", "tonight", "tonight-players")


@pytest.fixture
def published(league: League, tmp_path: Path) -> tuple[ControlledStore, date]:
    store, day = published_in(tmp_path / "out"), league.today
    run_in_process(plan_of(*TYPES, first=day, update_latest="force"), league.warehouse, store)
    return store, day


def verify(store: ControlledStore, days: list[date]) -> Verification:
    return verify_tree(store, days, today=max(days))


def output_of(store: ControlledStore) -> str:
    assert isinstance(store.public, LocalStore)
    return store.public.root


def documents(store: ControlledStore, prefix: str) -> list[str]:
    return [found.path for found in store.list(prefix)]


def test_a_finished_run_has_no_problems(published: tuple[ControlledStore, date]) -> None:
    store, day = published
    found = verify(store, [day])
    assert found.problems == []
    assert found.checked > len(documents(store, f"tonight/player/{day}/"))


def test_a_missing_document_is_named(published: tuple[ControlledStore, date]) -> None:
    store, day = published
    gone = documents(store, f"tonight/player/{day}/")[0]
    store.delete(gone)
    (problem,) = verify(store, [day]).problems
    assert problem == f"{gone}: is missing; export tonight-players for {day} with --rewrite"


def test_a_document_that_something_else_wrote_is_named(published: tuple[ControlledStore, date]) -> None:
    store, day = published
    store.write(f"tonight/{day}.json", b"{}", cache_control="no-cache")
    problems = verify(store, [day]).problems
    told = f"tonight/{day}.json: is not what the manifest of {day} lists; export tonight for {day} with --rewrite"
    assert told in problems
    assert any(problem.startswith(f"tonight/{day}.json: does not fit its schema at $: ") for problem in problems)
    assert any(problem.startswith("tonight/all-players.json: differs from the document") for problem in problems)


def test_a_pointer_without_its_document_is_named(published: tuple[ControlledStore, date]) -> None:
    store, day = published
    store.delete(f"predictions/{day}.json")
    assert any(problem.startswith("predictions/today.json: shows") for problem in verify(store, [day]).problems)


def test_a_run_that_was_cut_off_is_named(published: tuple[ControlledStore, date]) -> None:
    store, day = published
    acquire(store, Run("another-run", ""), day.isoformat(), LeaseRules())
    assert verify(store, [day]).problems == [
        f"{day}: run another-run is publishing it, or was cut off; wait for it, or export the date again"
    ]


def test_a_date_that_was_never_exported_is_named(published: tuple[ControlledStore, date]) -> None:
    store, day = published
    before = day - timedelta(days=1)
    assert verify(store, [before, day]).problems == [
        f"{before}: has no manifest; export it, or give --warehouse to tell dates without games"
    ]


def test_a_date_without_games_needs_no_manifest(published: tuple[ControlledStore, date]) -> None:
    store, day = published
    before = day - timedelta(days=1)
    games = {day: verify_tree(store, [day], today=day).documents[day, "tonight"]}
    assert verify_tree(store, [before], today=day, games=games).problems == []
    (problem,) = verify_tree(store, [before], today=day, games={before: 3}).problems
    assert problem == f"{before}: has no manifest; export it"


def test_a_date_with_other_games_than_were_exported_is_named(published: tuple[ControlledStore, date]) -> None:
    store, day = published
    (problem,) = verify_tree(store, [day], today=day, games={day: 99}).problems
    assert problem.endswith("games, and 99 are scheduled; export it again")


def test_the_games_are_read_from_the_warehouse(
    published: tuple[ControlledStore, date], league: League, capsys: pytest.CaptureFixture[str]
) -> None:
    store, day = published
    arguments = [f"--output={output_of(store)}", f"--target_date={day}", f"--warehouse={league.root}"]
    assert main(arguments) == OK, capsys.readouterr().out


def test_the_command_line(published: tuple[ControlledStore, date], capsys: pytest.CaptureFixture[str]) -> None:
    store, day = published
    assert main([f"--output={output_of(store)}", f"--target_date={day}"]) == OK
    assert capsys.readouterr().out.endswith(" read, 0 problems\n")
    assert (
        main([f"--output={output_of(store)}", f"--start_date={day - timedelta(days=1)}", f"--end_date={day}"])
        == DIFFERENT
    )
    assert "has no manifest" in capsys.readouterr().out


def test_today_is_the_league_day(published: tuple[ControlledStore, date], capsys: pytest.CaptureFixture[str]) -> None:
    store, day = published
    now = datetime(day.year, day.month, day.day, 5, tzinfo=timezone.utc) + timedelta(days=1)
    assert main([f"--output={output_of(store)}", "--target_date=today"], now=now) == OK, capsys.readouterr().out
    assert main([f"--output={output_of(store)}", "--start_date=yesterday", "--end_date=today"], now=now) == DIFFERENT
    assert f"{day - timedelta(days=1)}: has no manifest" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--output=out"],
        ["--output=out", "--start_date=2026-02-02"],
        ["--output=out", "--start_date=2026-02-02", "--end_date=2026-02-01"],
        ["--output=gs://", "--target_date=2026-02-02"],
        ["--output=out", "--target_date=2026-02-30"],
        ["--output=out", "--end_date=2026-02-02"],
        ["--output=out", "--target_date=2026-02-02", "--end_date=2026-02-02"],
        ["--target_date=2026-02-02"],
    ],
)
def test_a_bad_request_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err
