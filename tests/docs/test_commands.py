"""Commands in documents: those of this machine run, and the others name what exists.

``tests/pipeline/commands/test_documents.py`` checks the options of every ``phase6`` command line.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.cli import main
from pipeline.deployment.settings import load_deployment
from pipeline.options.configuration import by_league, parse_run
from pipeline.requests.request import RequestDefaults, parse_request
from pipeline.version import ROOT
from tests.end_to_end.command_line import arguments_of
from tests.support.warehouses import League
from transforms.live_feed.warehouse import parse_boxes

DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md", "deploy/*.md") for path in ROOT.glob(pattern)
)
TEXTS = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
CODE = {
    path: [
        part for pair in re.findall(r"^```[a-z]*\n(.*?)^```$|`([^`\n]+)`", text, re.M | re.S) for part in pair if part
    ]
    for path, text in TEXTS.items()
}
"""Blocks and spans of code."""
NOW_AWARE = datetime(2026, 11, 27, tzinfo=timezone.utc)
"""Later than every instant in a document."""
README = TEXTS[ROOT / "README.md"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[1].split())  # type: ignore[index]


def found(pattern: str) -> list[tuple[str, str]]:
    """Return (document, match) of a pattern in the code of all documents, each once."""
    return sorted(
        {
            (path.name, match)
            for path, parts in CODE.items()
            for part in parts
            for match in re.findall(pattern, part.replace("\\\n", " "), re.M)
        }
    )


def test_targets_of_make_exist() -> None:
    lines = found(r"^make ([a-z -]+)")
    assert {("README.md", "run"), ("README.md", "test"), ("CONTRIBUTING.md", "lint unit")} <= {
        (name, targets.strip()) for name, targets in lines
    }
    assert {target for _, targets in lines for target in targets.split()} <= TARGETS


@pytest.mark.parametrize(("document", "script"), found(r"(?:^|\s)((?:\.ci|deploy)/[a-z_]+(?:\.sh)?)(?=\s|$)"))
def test_a_script_exists_and_can_be_run(document: str, script: str) -> None:
    assert (ROOT / script).is_file(), document
    assert (ROOT / script).stat().st_mode & 0o111, document


MODULES = found(r"python -m ((?!pytest|apache_beam)[a-z_.]+(?: [^#\n;]*)?)")


def test_modules_are_found_in_documents() -> None:
    assert {line.split()[0] for _, line in MODULES} >= {"demo.live_feed", "benchmarks.scanned_bytes", "tests.golden"}


@pytest.mark.parametrize(("document", "line"), MODULES)
def test_a_module_exists_and_has_the_options(document: str, line: str) -> None:
    module, *arguments = line.split()
    path = ROOT.joinpath(*module.split("."))
    source = (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
    assert '__name__ == "__main__"' in source, document
    assert {argument.partition("=")[0] for argument in arguments if argument.startswith("--")} <= set(
        re.findall(r"--[a-z_]+", source)
    ), document


@pytest.mark.parametrize(("document", "line"), found(r"python -m pytest (.+)"))
def test_a_line_of_pytest_selects_tests(document: str, line: str) -> None:
    command = [sys.executable, "-m", "pytest", *shlex.split(line), "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{document}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize(("document", "text"), found(r'(\{"export_types"[^\n]*?"\})'))
def test_a_request_is_valid(document: str, text: str) -> None:
    request = parse_request(
        json.loads(text),
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(champion_system_id="champion", player_types=PLAYER_TYPES),
        now=NOW_AWARE,
    )
    assert request.export_types, document


def test_topics_and_subscriptions_are_those_of_the_settings() -> None:
    deployment = load_deployment()
    settings = [deployment.request_topic, deployment.completion_topic, deployment.dead_letter_topic]
    settings += [deployment.input_subscription, deployment.dead_letter_subscription]
    names = {
        name for _, name in found(r"(?:topics/|topics [a-z-]+ |subscriptions/|subscriptions [a-z-]+ )([a-z][a-z0-9-]+)")
    }
    assert {"phase6-export-requests", "phase6-export-dead-letters"} <= names
    assert names <= {setting.rpartition("/")[2] for setting in settings}


ROWS = re.findall(r"^\| [^|]+ \| (`--[^|]+) \|$", README, re.M)


@pytest.mark.parametrize("row", ROWS)
def test_options_of_the_readme_are_accepted(row: str, tmp_path: Path) -> None:
    """A span is one command line; a bare word after it is another value of its option."""
    [example] = re.findall(r"```json\n(.+?)```", (ROOT / "docs" / "leagues.md").read_text(encoding="utf-8"), re.S)
    leagues = tmp_path / "leagues.json"
    leagues.write_text(example, encoding="utf-8")
    [span, *others] = re.findall(r"`([^`]+)`", row if " or " in row else row.partition("`: ")[0] + "`")
    flags = span.split()
    given = {flag.partition("=")[0] for flag in flags}
    lines = [flags, *([f"{flags[-1].partition('=')[0]}={other}"] for other in others if re.fullmatch("[a-z]+", other))]
    for line in lines:
        names = given | {flag.partition("=")[0] for flag in line}
        night = ["--target_date=2026-02-03"] if not names & {"--target_date", "--start_date"} else []
        places = [flag for flag in ("--warehouse=.", "--output=out") if flag.partition("=")[0] not in names]
        types = ["--export_types=tonight"] if "--export_types" not in names else []
        arguments = [flag.replace("PROJECT", "my-project").replace("BUCKET", "my-bucket") for flag in line]
        arguments = [flag.replace("TOPIC", "my-topic").replace(leagues.name, str(leagues)) for flag in arguments]
        for command in by_league([*places, *types, *night, *arguments]):
            parse_run(
                command,
                known_types=tuple(exports()),
                groups=groups(),
                now=NOW_AWARE,
                player_types=PLAYER_TYPES,
            )


def test_local_commands_of_the_readme_run(league: League, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        shlex.split(part)[1:] for part in CODE[ROOT / "README.md"] if part.startswith("phase6 ") and "gs://" not in part
    ]
    # What has no option is a name, and not a line to run.
    lines = [line for line in lines if len(line) > 1]
    ran = ["export", "backfill", "verify", "status", "rollback", "promote", "doctor", "explain", "impact"]
    assert [line[0] for line in lines] == ran
    said = {}
    for name, *arguments in lines:
        places = ("--warehouse=", "--output=")
        given = [argument for argument in arguments if not argument.startswith(places)]
        given = [argument.replace("2026-02-11", str(league.today)) for argument in given]
        options = arguments_of(league, tmp_path / "out", *given)
        if name in ("verify", "status", "rollback"):
            options = [f"--output={tmp_path / 'out'}", *given]
        elif name == "doctor":
            options = [f"--warehouse={league.root}", f"--output={tmp_path / 'out'}", *given]
        elif name in ("explain", "impact"):
            document = max((tmp_path / "out" / "tonight" / "player").glob("2026-01-*/*.json"))
            shown = {"raheemgreenworth": document.stem, str(league.today): document.parent.name}
            for word, instead in shown.items():
                given = [argument.replace(word, instead) for argument in given]
            output = [f"--output={tmp_path / 'out'}"] if name == "explain" else []
            options = [*given, *output, f"--warehouse={league.root}"]
        code = main([name, *options])
        ended = capsys.readouterr()
        # The small league has too few players on some nights, which are withheld.
        assert code == 0 or (code == 1 and name in ("backfill", "verify")), ended.err
        said[name] = ended.out
    days = {path.stem for path in tmp_path.rglob("manifest/2026-01-*.json")}
    assert len(days) > 15
    assert re.search(r"[1-9][0-9,]* objects checked", said["verify"])
    assert said["doctor"].splitlines()[-1].startswith("ready: ")


def test_the_demo_feed_of_the_readme_runs(league: League, tmp_path: Path) -> None:
    [line] = [line for name, line in MODULES if name == "README.md" and line.startswith("demo.live_feed")]
    feed = tmp_path / "live-feed.json"
    command = [sys.executable, "-m", *line.split(), f"--warehouse={league.root}", f"--output={feed}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    assert parse_boxes(json.loads(feed.read_bytes()), league.today)
