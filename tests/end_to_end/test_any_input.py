"""Ids, dates and paths from outside may be any text: nothing is written outside of the place, and no error escapes."""

from __future__ import annotations

import re
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import ExportConfig
from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.cli import main
from pipeline.execution.in_process import run_in_process
from pipeline.options.configuration import parse_run
from pipeline.options.flags import OptionsError
from tests.support.plans import NO_GATES, plan_of
from tests.support.rows import TONIGHT, context_row, game_row, prediction_row, registry_row, schedule_row, table_of
from tests.support.warehouses import MemoryWarehouse
from tests.support.worlds import PROPERTY
from transforms.stores.folder import LocalStore
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import StoreError

NOW = datetime(2026, 2, 12, 18, tzinfo=timezone.utc)
PARTS = st.sampled_from(
    ["..", ".", "/", "\\", "~", "a", "ann", "index", "{date}", "%2e", "\0", "\n", " ", "C:", "é", "-"]
)
NASTY = st.lists(PARTS, min_size=1, max_size=5).map("".join) | st.text(max_size=12)
NAME = re.compile(r"[a-z0-9]{1,80}")
TYPES = ("player-game-report", "player-profiles", "tonight", "tonight-players")


def files_below(folder: Path) -> set[str]:
    """Return every file below a folder, hidden ones as well."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@settings(PROPERTY, max_examples=20)
@given(st.lists(NASTY, min_size=1, max_size=3, unique=True))
def test_no_player_id_leaves_the_place(ids: list[str]) -> None:
    rows = [schedule_row()]
    for player in {*ids, "bob"}:
        rows += [context_row(player_lookup=player), prediction_row(player_lookup=player)]
        rows += [registry_row(player_lookup=player), game_row(player_lookup=player, game_date="2026-01-05")]
    tables: dict[object, list[dict[str, object]]] = {}
    for row in rows:
        tables.setdefault(table_of(row), []).append(row._asdict())
    with tempfile.TemporaryDirectory() as made:
        store = LocalStore(f"{made}/inside/v1")
        plan = plan_of(*TYPES, first=TONIGHT, last=TONIGHT, config=ExportConfig(gates=NO_GATES))
        run_in_process(plan, MemoryWarehouse(tables), store)
        written = files_below(Path(made))
        assert not [name for name in written if not name.startswith(("inside/v1/", "inside/v1-control/"))]
        players = {Path(name).stem for name in written if name.startswith("inside/v1/tonight/player/")}
        # Those whose id is one have their document, whoever else is in the table.
        assert "bob" in players
        assert players <= {player for player in ids if NAME.fullmatch(player)} | {"bob"}


@settings(PROPERTY, max_examples=60)
@given(NASTY)
def test_no_path_leaves_a_folder(path: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        store = LocalStore(f"{made}/inside/v1")
        refused = ""
        try:
            store.write(path, b"{}", cache_control="no-store")
        except (StoreError, ValueError) as error:
            refused = str(error)
        assert {name for name in files_below(Path(made)) if not name.startswith("inside/v1/")} == set()
        assert bool(refused) == (files_below(Path(made)) == set())
        assert not refused or "is not safe" in refused or "cannot write" in refused


@settings(PROPERTY, max_examples=60)
@given(NASTY)
def test_no_path_leaves_a_prefix_of_a_bucket(path: str) -> None:
    store = GcsStore("documents", "v1", endpoint="http://localhost:1")
    try:
        address = store.url(path)
    except ValueError as error:
        address = f"refused: {error}"
    if "is not safe" not in address:
        assert address.startswith("http://localhost:1/documents/v1/")
        assert not {"..", "."} & set(address.split("/"))


DATES = st.text(max_size=12) | st.lists(st.sampled_from([*"0129-/.T", "2026", "-02-", "today"]), max_size=5).map(
    "".join
)


@settings(PROPERTY, max_examples=100)
@given(DATES)
def test_a_date_is_a_date_or_a_problem(text: str) -> None:
    argv = ["--warehouse=data", "--output=out", "--export_types=tonight", f"--target_date={text}"]
    problems, lines, first = 0, [], ""
    try:
        _, config = parse_run(
            argv, known_types=tuple(exports()), groups=groups(), now=NOW, player_types=tuple(PLAYER_TYPES)
        )
        first = config.request.first_date.isoformat()
    except OptionsError as error:
        problems, lines = len(error.problems), str(error).splitlines()
    assert len(lines) == problems
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert bool(problems) or text in ("today", "yesterday", first)


COMMANDS = {
    "verify": ("--output={place}", "--target_date={text}"),
    "diff": ("--target_date={text}", "--before={place}", "--after={place}"),
    "backfill": ("--warehouse={place}", "--output={place}", "--start_date={text}", "--end_date=2026-02-11"),
    "doctor": ("--warehouse={place}", "--output={place}", "--target_date={text}"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_their_options_are_those_of_the_commands(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    main([command, *(flag.format(place="/no/such/place", text="2026-02-11") for flag in COMMANDS[command])])
    said = capsys.readouterr().err
    assert not [word for word in ("unknown", "is missing", "must be given") if word in said], said


@pytest.mark.parametrize("command", COMMANDS)
@settings(PROPERTY, max_examples=25)
@given(text=DATES.filter(lambda text: text not in ("", "today", "yesterday")))
def test_no_date_of_a_command_line_is_an_exception(command: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "place").mkdir()
        flags = [flag.format(place=f"{made}/place", text=text) for flag in COMMANDS[command]]
        assert main([command, *flags]) in (0, 1, 2)
        assert {name for name in files_below(Path(made)) if not name.startswith("place")} == set()
