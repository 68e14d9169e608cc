"""The differences of docs/differences.md and the tests that hold them."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "differences.md"
TEST_COLUMN = "test"

_NAME = re.compile(r"`(test_\w+)::((?:Test\w+::)?test_\w+)`")
_RULE = re.compile(r"\|(?:-+\|)+")
_CELL = re.compile(r"\s\|\s")
_NOT_RUN = ("skip", "skipif", "xfail")


class Difference(NamedTuple):
    """A row of the page.

    Attributes:
        section: The heading above it.
        what: Its first cell, with the document where a table names one.
        tests: ``file::test`` as its last cell names them; the class between them where the name alone is not enough.
        rest: Whatever else the last cell holds.
    """

    section: str
    what: str
    tests: tuple[str, ...]
    rest: str


class Collected(NamedTuple):
    """A test that pytest collects.

    Attributes:
        id: ``file::test``, or ``file::Class::test``, without parameters.
        path: The file, below the root.
        skipped: It is marked so that it does not run, or may fail.
    """

    id: str
    path: str
    skipped: bool


def differences(text: str) -> list[Difference]:
    """Return every row of every table.

    Raises:
        ValueError: A table has no column of tests, or a row has not as many cells as its table.
    """
    found: list[Difference] = []
    section, header = "", []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            section = line.lstrip("# ")
        if not line.startswith("|"):
            header = []
            continue
        cells = _CELL.split(line.strip().removeprefix("| ").removesuffix(" |"))
        if not header:
            if cells[-1] != TEST_COLUMN:
                raise ValueError(
                    f"line {number}: the table below {section!r} has no last column {TEST_COLUMN!r}: add it"
                )
            header = cells
        elif not _RULE.fullmatch(line):
            if len(cells) != len(header):
                raise ValueError(f"line {number}: {len(cells)} cells, expected {len(header)}: {line[:60]}")
            tests = tuple(f"{file}::{test}" for file, test in _NAME.findall(cells[-1]))
            rest = _NAME.sub("", cells[-1]).replace("<br>", "").strip()
            found.append(Difference(section, cells[0], tests, rest))
    return found


def files_of(tests: Iterable[str], root: Path = ROOT) -> Mapping[str, Path]:
    """Return the file of each named test's module by its name; tests of the demo generator hold no difference.

    Raises:
        ValueError: There is none, or there are several.
    """
    found: dict[str, Path] = {}
    for name in sorted({test.partition("::")[0] for test in tests}):
        paths = sorted(path for path in root.glob(f"tests/**/{name}.py") if "demo" not in path.parts)
        if len(paths) != 1:
            raise ValueError(f"{name}: {len(paths)} files below tests have this name, expected one")
        found[name] = paths[0]
    return found


def collected(files: Iterable[Path], root: Path = ROOT) -> list[Collected]:
    """Return the tests that pytest collects from some files, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "items.json"
        program = (
            "import json, sys, pytest\n"
            "class Told:\n"
            "    def pytest_collection_finish(self, session):\n"
            f"        marks = {_NOT_RUN}\n"
            "        items = [\n"
            "            [i.nodeid, any(i.get_closest_marker(m) for m in marks)] for i in session.items\n"
            "        ]\n"
            "        open(sys.argv[1], 'w', encoding='utf-8').write(json.dumps(items))\n"
            "flags = ['--collect-only', '-q', '-p', 'no:cacheprovider']\n"
            "sys.exit(pytest.main([*flags, *sys.argv[2:]], plugins=[Told()]))\n"
        )
        command = [sys.executable, "-c", program, str(told), *map(str, files)]
        ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise ValueError(f"pytest collects nothing: {ended.stdout[-500:]}{ended.stderr[-500:]}")
        items = json.loads(told.read_text(encoding="utf-8"))
    return list(_collected(items))


def collected_by(
    session: pytest.Session,
    files: Iterable[Path],
    process: Callable[[Iterable[Path]], list[Collected]] = collected,
) -> list[Collected]:
    """Return the tests of some files: those that a session has collected, and those of its other files by a process.

    A session of chosen tests may have collected a part of a file only: then the process collects all of them.
    """
    options = session.config.option
    is_partial = (
        options.keyword or options.markexpr or options.deselect or any("::" in arg for arg in session.config.args)
    )
    items = [] if is_partial else session.items
    known = {item.path for item in items}
    wanted = set(files)
    found = _collected(
        (item.nodeid, any(item.get_closest_marker(mark) for mark in _NOT_RUN)) for item in items if item.path in wanted
    )
    others = sorted(wanted - known)
    return [*found, *(process(others) if others else ())]


def _collected(items: Iterable[tuple[str, bool]]) -> Iterator[Collected]:
    for node, skipped in items:
        path, *names = node.partition("[")[0].split("::")
        yield Collected("::".join((Path(path).stem, *names)), path, skipped)


def problems(found: Iterable[Difference], tests: Iterable[Collected]) -> list[str]:
    """Return what is wrong with the tests that differences name, a line each."""
    by_id: dict[str, set[Collected]] = {}
    for test in tests:
        file, *names = test.id.split("::")
        # A test of a class may be named without it, as long as no other test of the file has the name.
        for name in {test.id, f"{file}::{names[-1]}"}:
            by_id.setdefault(name, set()).add(test)
    wrong = []
    for difference in found:
        where = f"{difference.section}: {difference.what}"
        if not difference.tests:
            wrong.append(f"{where}: names no test")
        if difference.rest:
            wrong.append(f"{where}: {difference.rest!r} is no test")
        for name in difference.tests:
            meant = {test.id for test in by_id.get(name, ())}
            if not meant:
                wrong.append(f"{where}: {name} is not collected")
            elif len(meant) > 1:
                wrong.append(f"{where}: {name} may be {' or '.join(sorted(meant))}: name the class")
            elif any(test.skipped for test in by_id[name]):
                wrong.append(f"{where}: {name} is skipped")
    return wrong


def asserts(path: Path, test: str) -> bool:
    """Whether a test asserts something: by itself, or by a function whose name starts like an assertion's."""
    functions = _functions(path).get(test.rpartition("::")[2])
    return bool(functions) and all(any(_asserts(node) for node in ast.walk(function)) for function in functions)


@cache
def _functions(path: Path) -> Mapping[str, list[ast.AST]]:
    """Return the functions and classes of a file by name."""
    found: dict[str, list[ast.AST]] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if hasattr(node, "name"):
            found.setdefault(node.name, []).append(node)
    return found


def _asserts(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name.startswith(("assert", "check", "raises"))
