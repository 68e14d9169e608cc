"""The commands of the pages for operators: those of the runbook run, and those of the others are understood."""

from __future__ import annotations

import re
import shlex
import shutil
import string
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.commands.catalogue import COMMANDS
from pipeline.deployment.settings import SETTINGS, Deployment, load_deployment
from pipeline.version import ROOT
from tests.deploy.test_iam import GROUPS
from tests.end_to_end.command_line import arguments_of
from tests.support.commands import FakeCommands
from tests.support.warehouses import League

PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("first-deploy", "switch-over")}
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
DEPLOYMENT = load_deployment()
VALUES = {name.upper(): getattr(DEPLOYMENT, name) for name in Deployment.__dataclass_fields__}
SCRIPTS = {"deploy/iam.sh", "deploy/stream.sh", "deploy/template.sh"}
SWITCHES = {"EXECUTE", "UPDATE", "DRAIN"}


def lines_of(text: str) -> list[str]:
    """Return the command lines of the blocks of a page."""
    return [line for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S) for line in block.splitlines()]


def test_every_block_of_these_pages_is_of_the_shell() -> None:
    for text in (*PAGES.values(), RUNBOOK):
        assert text.count("```sh\n") * 2 == text.count("```") > 6


LINES = [(name, line) for name, text in PAGES.items() for line in lines_of(text)]


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_line_is_a_command_that_there_is(page: str, line: str, tmp_path: Path) -> None:
    for part in re.split(r" \| | >", line):
        expanded = re.sub(r"\$\{(\w+)##\*/\}", lambda found: VALUES[found[1]].rpartition("/")[2], part)
        known = {**VALUES, "KEY": "key", "OLD": "gs://my-project-old-api/v1"}
        words = shlex.split(string.Template(expanded).substitute(known))
        given = dict(word.split("=", 1) for word in words if re.match("[A-Z]+=", word))
        command = [word for word in words if word not in {f"{name}={value}" for name, value in given.items()}]
        assert given.keys() <= SWITCHES | {"OLD"}, line
        if not command:
            assert set(given) == {"OLD"}
        elif command[0] == "phase6":
            check_phase6(command[1:])
        elif command[0] == "make":
            targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)
            assert targets is not None
            assert set(command[1:]) <= set(targets[1].split())
        elif command[0] in SCRIPTS:
            assert command[1:] in ([], ["--dry_run"])
        elif command[0] == "gcloud":
            assert command[1] in GROUPS
        else:
            assert command in ([".", "deploy/settings.env"], ["printf", "%s", "key"], ["bash"], ["dump.json"]), line


def check_phase6(words: list[str]) -> None:
    """Hold a command line to the options of its command, each with a value that the option takes."""
    name = next(command.name for command in COMMANDS if words[: len(command.name.split())] == command.name.split())
    [command] = [command for command in COMMANDS if command.name == name]
    options = {option.flag: option for option in command.load_options()}
    for word in words[len(name.split()) :]:
        flag, sign, value = word.partition("=")
        assert flag in options, f"{name} {flag}"
        assert options[flag].problem(value if sign else "true") is None, word


def test_a_wrong_option_or_value_of_a_page_would_be_found() -> None:
    check_phase6(["launch", "--export_types=tonight-all", "--wait"])
    for wrong in (["launch", "--export_typs=tonight"], ["verify", "--sample=many"], ["schedules", "check", "--dump=a"]):
        with pytest.raises(AssertionError):
            check_phase6(wrong)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, league: League) -> Path:
    """A folder with a published night, from which commands are run."""
    folder = tmp_path_factory.mktemp("runbook")
    (folder / "deploy").symlink_to(ROOT / "deploy")
    night = arguments_of(league, folder / "out", "--export_types=tonight-all", f"--target_date={league.today}")
    assert main(["export", *night]) == 0
    # A second tree, as a comparison needs one.
    for name in ("", "-control"):
        shutil.copytree(folder / f"out{name}", folder / f"new{name}")
    return folder


RUN = [(number, line) for number, line in enumerate(lines_of(RUNBOOK))]


def test_the_runbook_has_a_command_for_every_symptom() -> None:
    sections = RUNBOOK.split("\n## ")[1:]
    assert len(sections) > 10
    without = [part.splitlines()[0] for part in sections if "```sh" not in part]
    # Its command is the test suite itself.
    assert without == ["A build fails at its gate"]


@pytest.mark.parametrize(("number", "line"), RUN)
def test_a_command_of_the_runbook_runs(
    number: int,
    line: str,
    place: Path,
    league: League,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = line.replace("2026-02-11", str(league.today))
    local = {"OUTPUT": str(place / "out"), "WAREHOUSE": str(league.root)}
    if not line.startswith("phase6 "):
        commands = FakeCommands(tmp_path / "bin")
        commands.add("gcloud", [("", 0, "[]")])
        done = commands.run("bash", "-euc", f"cd {tmp_path}; ln -s {ROOT}/deploy .; . {SETTINGS}; {line}", EXECUTE="")
        assert done.returncode == 0, done.stderr
        assert commands.calls or "--dry_run" in line
        assert not (commands.calls and "--dry_run" in line)
        return
    monkeypatch.chdir(place)
    name, *flags = shlex.split(string.Template(line).substitute(local))[1:]
    if name in ("export", "backfill"):
        flags = arguments_of(league, local["OUTPUT"], *flags)
    elif name == "drift":
        # The template is Google's: this one is a file.
        (tmp_path / "template.json").write_text("{}")
        flags.append(f"--template={tmp_path / 'template.json'}")
    code = main([name, *flags])
    said = capsys.readouterr()
    # What is checked may be found wrong; what is not understood ends with 2.
    assert code in ((0,) if name in ("export", "launch", "schedules", "backfill") else (0, 1)), said.err
    assert said.out


def test_the_runbook_is_run_whole() -> None:
    names = {line.split()[1] for _, line in RUN if line.startswith("phase6 ")}
    assert names >= {"verify", "export", "backfill", "doctor", "diff", "drift", "launch", "schedules"}
