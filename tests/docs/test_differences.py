from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from exporters.registry import exports
from tests.docs.differences import (
    PAGE,
    Collected,
    Difference,
    asserts,
    collected,
    collected_by,
    differences,
    files_of,
    problems,
)

FOUND = differences(PAGE.read_text(encoding="utf-8"))
NAMED = sorted({test for difference in FOUND for test in difference.tests})


@cache
def files() -> dict[str, Path]:
    return dict(files_of(NAMED))


def test_every_difference_names_tests_that_are_collected(request: pytest.FixtureRequest) -> None:
    assert len(FOUND) > 200
    assert problems(FOUND, collected_by(request.session, files().values())) == []


def test_every_named_test_asserts_something() -> None:
    assert [test for test in NAMED if not asserts(files()[test.partition("::")[0]], test)] == []


def test_a_difference_of_a_type_is_held_by_a_test_of_that_type() -> None:
    """A test of another document would say nothing: one of the files must name the type or its module."""
    strange = []
    for difference in FOUND:
        types = [name for name in exports() if name in difference.section.split(" and ")]
        texts = [files()[test.partition("::")[0]].read_text(encoding="utf-8") for test in difference.tests]
        words = [word for name in types for word in (name, name.replace("-", "_"), name.replace("-", "_").upper())]
        if types and not any(word in text for word in words for text in texts):
            strange.append(f"{difference.section}: {difference.what}")
    # Facts that several types share have tests of their own, which know no type.
    assert strange == SHARED_FACTS


SHARED_FACTS = [
    "results: `results/latest.json`",
    "tonight: `last_10_results_basis`",
    "tonight: `props[].over_odds`, `under_odds`",
    "subset-performance: `roi` at as many wins as losses",
    "live-grading: `updated_at`",
    "live-grading: waiting for the feed",
    "live-grading: the key of the feed",
    "best-bets-all: `halt_reason` without a row of the table",
]


def test_the_page_covers_every_type_and_no_row_is_there_twice() -> None:
    sections = {part for difference in FOUND for part in difference.section.split(" and ")}
    assert set(exports()) <= sections
    rows = [(difference.section, difference.what) for difference in FOUND if difference.section != "live-grading"]
    assert len(rows) == len(set(rows))


class TestChecker:
    """What would pass for a test and is none."""

    PAGE = "## results\n\n| field | now | test |\n|---|---|---|\n| `a`, `b` | x \\| y | {} |\n"
    TESTS = (
        Collected("test_results::TestOne::test_same", "tests/test_results.py", False),
        Collected("test_results::TestTwo::test_same", "tests/test_results.py", False),
        Collected("test_results::test_other", "tests/test_results.py", False),
        Collected("test_results::test_later", "tests/test_results.py", True),
    )

    def wrong(self, cell: str) -> list[str]:
        return problems(differences(self.PAGE.format(cell)), self.TESTS)

    @pytest.mark.parametrize(
        "cell",
        ["`test_results::test_other`", "`test_results::TestOne::test_same`<br>`test_results::test_other`"],
    )
    def test_named_tests_pass(self, cell: str) -> None:
        assert self.wrong(cell) == []

    @pytest.mark.parametrize(
        ("cell", "says"),
        [
            ("none yet", "names no test"),
            ("`test_results::test_gone`", "test_results::test_gone is not collected"),
            ("`test_results::TestThree::test_other`", "is not collected"),
            ("`test_results::test_same`", "name the class"),
            ("`test_results::test_later`", "is skipped"),
            ("`test_results::test_other`, and others", "', and others' is no test"),
            ("test_results::test_other", "names no test"),
        ],
    )
    def test_anything_else_is_named(self, cell: str, says: str) -> None:
        found = self.wrong(cell)
        assert found
        assert says in found[0]
        assert found[0].startswith("results: `a`, `b`: ")

    def test_a_table_without_tests_is_refused(self) -> None:
        with pytest.raises(ValueError, match="the table below 'results' has no last column 'test'"):
            differences("## results\n\n| field | now |\n|---|---|\n| a | b |\n")

    def test_a_row_with_fewer_cells_is_refused(self) -> None:
        with pytest.raises(ValueError, match="line 5: 2 cells, expected 3"):
            differences("## results\n\n| field | now | test |\n|---|---|---|\n| a | b |\n")

    def test_rows_are_read_with_their_section(self) -> None:
        (row,) = differences(self.PAGE.format("`test_results::test_other`"))
        assert row == Difference("results", "`a`, `b`", ("test_results::test_other",), "")

    def test_a_file_must_be_the_only_one_of_its_name(self, tmp_path: Path) -> None:
        for folder in ("a", "b"):
            (tmp_path / "tests" / folder).mkdir(parents=True)
            (tmp_path / "tests" / folder / "test_x.py").touch()
        with pytest.raises(ValueError, match="test_x: 2 files"):
            files_of(["test_x::test_y"], tmp_path)
        with pytest.raises(ValueError, match="test_z: 0 files"):
            files_of(["test_z::test_y"], tmp_path)

    def test_what_is_collected_is_what_pytest_would_run(self, tmp_path: Path) -> None:
        (tmp_path / "test_x.py").write_text(
            "import pytest\n"
            "@pytest.mark.parametrize('n', [1, 2])\n"
            "def test_many(n): assert n\n"
            "@pytest.mark.skip\n"
            "def test_later(): assert False\n"
            "class TestOne:\n"
            "    def test_in(self): pass\n"
            "class One:\n"
            "    def test_out(self): pass\n",
            encoding="utf-8",
        )
        found = collected([tmp_path / "test_x.py"], tmp_path)
        assert [(test.id, test.skipped) for test in found] == [
            ("test_x::test_many", False),
            ("test_x::test_many", False),
            ("test_x::test_later", True),
            ("test_x::TestOne::test_in", False),
        ]
        assert asserts(tmp_path / "test_x.py", "test_x::test_many")
        assert not asserts(tmp_path / "test_x.py", "test_x::TestOne::test_in")

    def test_what_the_session_has_collected_is_what_a_process_collects(self, request: pytest.FixtureRequest) -> None:
        asked: list[Path] = []

        def process(files: Iterable[Path]) -> list[Collected]:
            asked.extend(files)
            return [Collected("test_x::test_one", "tests/test_x.py", False)]

        here, other = Path(__file__), Path(__file__).with_name("test_x.py")
        found = collected_by(request.session, [other, here], process)
        assert found[-1].id == "test_x::test_one"
        if asked == [other]:
            assert found[:-1] == collected([here])

    @pytest.mark.parametrize(
        "choice", [{"keyword": "one"}, {"markexpr": "slow"}, {"deselect": ["x"]}, {"args": ["test_x.py::test_one"]}]
    )
    def test_a_session_of_chosen_tests_hides_none_of_a_file(self, choice: dict[str, Any], tmp_path: Path) -> None:
        both = [Collected(f"test_x::{name}", "test_x.py", False) for name in ("test_one", "test_two")]
        option = SimpleNamespace(**{"keyword": "", "markexpr": "", "deselect": None} | choice)
        item = SimpleNamespace(nodeid="test_x.py::test_one", path=tmp_path / "test_x.py", get_closest_marker=bool)
        config = SimpleNamespace(option=option, args=choice.get("args", ["."]))
        session: Any = SimpleNamespace(config=config, items=[item])
        assert collected_by(session, [item.path], lambda files: both) == both

    def test_a_test_that_is_skipped_is_so_in_a_session_as_well(self, tmp_path: Path) -> None:
        path = tmp_path / "test_x.py"
        item = SimpleNamespace(nodeid="test_x.py::test_one[2]", path=path, get_closest_marker="xfail".__eq__)
        option = SimpleNamespace(keyword="", markexpr="", deselect=None)
        session: Any = SimpleNamespace(config=SimpleNamespace(option=option, args=["."]), items=[item])
        found = collected_by(session, [path], lambda files: [])
        assert found == [Collected("test_x::test_one", "test_x.py", True)]

    def test_files_that_cannot_be_collected_are_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "test_x.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
        with pytest.raises(ValueError, match="pytest collects nothing"):
            collected([tmp_path / "test_x.py"], tmp_path)
