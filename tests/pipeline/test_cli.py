"""The command as people and shells use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main
from pipeline.commands.catalogue import COMMANDS
from pipeline.commands.command import Command
from pipeline.version import ROOT, current_build
from tests.support.warehouses import League

NIGHT = ("--export_types=predictions", "--target_date=today", "--min_context_rows=5", "--min_active_predictions=5")
HEAVY = ("apache_beam", "pyarrow", "google.api_core", "google.cloud.storage", "rich")
PROBE = f"""
import atexit, sys
sys.argv[0] = "phase6"
atexit.register(lambda: sys.stderr.write(str([name for name in {HEAVY!r} if name in sys.modules])))
from pipeline.cli import main
sys.exit(main())
"""


def phase6(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, and print the heavy modules that it has imported on standard error."""
    return subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
        timeout=120,
    )


class TestHelp:
    @pytest.mark.parametrize("arguments", [[], *(command.name.split() for command in COMMANDS)], ids=" ".join)
    def test_help_imports_nothing_that_takes_long(self, arguments: list[str]) -> None:
        ended = phase6(*arguments, "--help")
        assert (ended.returncode, ended.stderr) == (0, "[]")
        assert "Usage: phase6" in ended.stdout

    def test_help_lists_every_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--help"]) == 0
        out = capsys.readouterr().out
        for command in COMMANDS:
            if " " not in command.name:
                assert f"\n  {command.name} " in out
                assert command.summary.rstrip(".") in " ".join(out.split())
        assert main(["schedules", "--help"]) == 0
        assert "Check the schedule file, and compare it with the live" in " ".join(capsys.readouterr().out.split())

    @pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
    def test_help_of_a_command_lists_its_options(self, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([*command.name.split(), "--help"]) == 0
        out = capsys.readouterr().out
        for option in command.load_options():
            assert f"\n  {option.usage}\n" in out
        assert "\x1b" not in out

    def test_help_may_stand_behind_mistakes(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["verify", "--nope", "-h"]) == 0
        assert capsys.readouterr().out.startswith("Usage: phase6 verify")

    def test_no_command_is_a_mistake_that_shows_the_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "\n  export " in err

    def test_version_is_that_of_manifests(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--version"]) == 0
        assert capsys.readouterr().out == f"{current_build().code_version}\n"


class TestMistakes:
    @pytest.mark.parametrize(
        ("argv", "line"),
        [
            (["exprt"], 'phase6: "exprt" is an unknown command; did you mean export?'),
            (["Back-fill"], 'phase6: "Back-fill" is an unknown command; did you mean backfill?'),
            (["schedules", "rendr"], 'phase6 schedules: "rendr" is an unknown command; did you mean render?'),
            (["qqq\nq"], 'phase6: "qqq\\nq" is an unknown command; the commands are export, backfill, stream,'),
            (["--jsn"], "--jsn: is an unknown flag; see phase6 --help"),
            (["verify", "--outptu=out"], '--outptu: "out" is an unknown flag; did you mean --output?'),
            (
                ["verify", "--output=out", "--date=today"],
                '--date: "today" is an unknown flag; did you mean --target',
            ),
            (["drift", "--date=today"], '--date: "today" is an unknown flag; see --help'),
            (["drift", "stray"], 'command line: "stray" belongs to no flag; write --flag=value'),
            (["docs", "--json=maybe"], '--json: "maybe" is neither true nor false; write it like --json'),
            (["docs", "--output="], '--output: "" is empty; write it like --output=docs'),
            (["docs", "--output=a", "--output=b"], '--output: "b" is one of 2 values; give it once'),
            (["backfill", "--agian", "--warehouse=w"], "--agian: is an unknown flag; did you mean --again?"),
            (["launch", "--wiat"], "--wiat: is an unknown flag; did you mean --wait?"),
            (["export", "--warehous=x"], '--warehous: "x" is an unknown flag; did you mean --warehouse?'),
            (["stamp"], "--commit: is missing; add --commit=41f8e42d1c3a"),
            (["stream"], "--warehouse: is missing; add --warehouse=bigquery:my-project"),
            (["completion", "tcsh"], "Invalid value for '{bash|zsh|fish}': 'tcsh' is not one of 'bash', 'zsh', 'fish'"),
        ],
    )
    def test_a_mistake_ends_with_2_and_names_the_nearest(
        self, argv: list[str], line: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(argv) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.splitlines()[0].startswith(line), err

    def test_all_mistakes_are_named_at_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        argv = ["verify", "--outptu=x", "--target_date=2026-02-30", "--gcs_endpoint=h", "--json=1", "stray"]
        assert main(argv) == 2
        assert [line.partition(": ")[0] for line in capsys.readouterr().err.splitlines()] == [
            "--outptu",
            "command line",
            "--target_date",
            "--gcs_endpoint",
            "--json",
        ]


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_a_script_is_printed_for_a_shell(self, shell: str) -> None:
        ended = phase6("completion", shell)
        assert ended.returncode == 0
        assert "_PHASE6_COMPLETE" in ended.stdout
        assert f"{shell}_complete" in ended.stdout

    def test_the_script_is_one_that_bash_reads(self, tmp_path: Path) -> None:
        script = tmp_path / "complete.bash"
        script.write_text(phase6("completion", "bash").stdout)
        bash = shutil.which("bash")
        assert bash is not None
        command = f". {script}; complete -p phase6"
        done = subprocess.run([bash, "-c", command], capture_output=True, text=True, check=False, timeout=60)
        assert "_phase6_completion phase6" in done.stdout, done.stderr

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            (["phase6", "ba"], ["backfill"]),
            (["phase6", "schedules", ""], ["check", "render", "costs"]),
            (["phase6", "export", "--start"], ["--start_date"]),
            (["phase6", "export", "--runn"], ["--runner"]),
            (["phase6", "verify", "--runn"], []),
            (["phase6", "export", "--validate", "--dry"], ["--dry_run"]),
            (["phase6", "export", "--update_latest", ""], ["auto", "never", "force"]),
            (["phase6", "export", "--update_latest", "=", "ne"], ["never"]),
            (["phase6", "export", "--update_latest=ne"], ["never"]),
            (["phase6", "export", "--target_date", "=", ""], ["today", "yesterday"]),
            (
                ["phase6", "export", "--export_types", "=", "predictions,dai"],
                ["predictions,daily-signals", "predictions,daily-results"],
            ),
            (["phase6", "completion", "z"], ["zsh"]),
        ],
    )
    def test_what_is_typed_is_completed(self, words: list[str], expected: list[str]) -> None:
        ended = phase6(_PHASE6_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1))
        assert [line.partition(",")[2] for line in ended.stdout.split()] == expected
        assert ended.stderr == "[]", "a key that is pressed is answered at once"


class TestJson:
    """What a program reads: the last line of the output, whatever stands above it."""

    def last_line(self, argv: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> Any:
        assert main([*argv, "--json"]) == code
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    @pytest.fixture
    def places(self, league: League, tmp_path: Path) -> list[str]:
        return [f"--warehouse={league.root}", f"--output={tmp_path / 'out'}"]

    def test_of_an_export_and_of_what_is_compared_with_it(
        self, league: League, places: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        day, now = str(league.today), f"--generated_at={league.today}T17:00:00Z"
        dates = [f"--start_date={day}", f"--end_date={day}"]
        summary = self.last_line(["export", *places, *NIGHT, now], capsys)
        assert summary["status"] == "success"
        found = self.last_line(["verify", places[1], f"--target_date={day}"], capsys)
        assert found["problems"] == []
        assert found["checked"] > 1
        backfill = ["backfill", *places, *dates, "--export_types=predictions", *NIGHT[2:], now]
        plan = self.last_line([*backfill, "--dry_run"], capsys)
        assert (plan["status"], plan["complete"], plan["passes"]) == ("planned", [day], [])
        done = self.last_line(backfill, capsys)
        assert (done["status"], done["exported"], done["complete"]) == ("success", [], [day])
        (tmp_path / "out" / "predictions" / f"{day}.json").unlink()
        wrong = self.last_line(["verify", places[1], f"--target_date={day}"], capsys, code=1)
        assert "is missing" in wrong["problems"][0]

    def test_of_a_backfill_without_games(self, places: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        argv = ["backfill", *places, "--start_date=2020-08-01", "--end_date=2020-08-03"]
        done = self.last_line(argv, capsys)
        assert (done["status"], done["exported"], done["missing"]) == ("success", [], [])

    def test_of_a_dry_run(self, places: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["export", *places, *NIGHT, "--dry_run", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["export_types"] == ["predictions"]

    def test_of_schedules(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        found = self.last_line(["schedules", "check"], capsys)
        assert found == {"schedules": 12, "compared": False, "problems": []}
        (tmp_path / "dump.json").write_text("[]")
        found = self.last_line(["schedules", "check", f"--live={tmp_path / 'dump.json'}"], capsys, code=1)
        assert (found["compared"], len(found["problems"])) == (True, 12)
        jobs = self.last_line(["schedules", "render"], capsys)
        assert len(jobs) == 12

    def test_of_drift(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        argv = ["drift", f"--template={tmp_path / 'none.json'}", f"--output={tmp_path}"]
        found = self.last_line(argv, capsys, code=1)
        assert [code["place"] for code in found["codes"]] == ["checkout"]
        assert "manifest: nothing is published" in found["differences"]

    def test_of_what_is_written(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        found = self.last_line(["metadata", f"--output={tmp_path}"], capsys)
        assert found == {"changed": ["metadata.json", "metadata-streaming.json"]}
        found = self.last_line(["docs", f"--output={tmp_path}"], capsys)
        assert "request.schema.json" in found["changed"]
        assert self.last_line(["docs", f"--output={tmp_path}"], capsys) == {"changed": []}


def test_the_exit_code_of_a_run_is_that_of_the_command(
    league: League, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night = [*NIGHT[:2], f"--generated_at={league.today}T17:00:00Z", "--min_active_predictions=100000"]
    assert main(["export", f"--warehouse={league.root}", f"--output={tmp_path}", *night]) == 1
    assert "predictions is withheld" in capsys.readouterr().out


def test_an_interrupted_command_ends_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    endless = Command("wait", "Wait.", options="", run=f"{__name__}:interrupted")
    assert main(["wait", "--long"], commands=[endless]) == 130
    assert capsys.readouterr().err.strip() == "interrupted; run it again to complete it"


def interrupted(argv: list[str]) -> int:
    assert argv == ["--long"]
    raise KeyboardInterrupt


def test_a_reader_that_has_had_enough_gets_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-c", PROBE, "export", "--help"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    os.close(writing)
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 1
