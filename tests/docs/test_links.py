from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.links import anchors, broken_links, main, pages


def test_every_link_of_the_project_leads_somewhere() -> None:
    found = pages()
    assert {"README.md", "CONTRIBUTING.md", "architecture.md"} <= {page.name for page in found}
    assert list(broken_links(found)) == []


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "other.md").write_text("# One\n\n## Two words, and `code`\n\n## One\n")
    return tmp_path / "page.md"


@pytest.mark.parametrize(
    "link",
    [
        "other.md",
        "other.md#one",
        "other.md#one-1",
        "other.md#two-words-and-code",
        "#here",
        "https://example.com/none",
        "mailto:a@example.com",
        ".",
    ],
)
def test_link_that_leads_somewhere(page: Path, link: str) -> None:
    page.write_text(f"# Here\n\n[text]({link})\n")
    assert list(broken_links([page])) == []


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("none.md", "no such file"),
        ("none.md#one", "no such file"),
        ("other.md#three", "no heading makes the anchor 'three'"),
        ("#there", "no heading makes the anchor 'there'"),
    ],
)
def test_link_that_leads_nowhere(page: Path, link: str, reason: str) -> None:
    page.write_text(f"# Here\n\n[text]({link}), ![picture]({link})\n")
    assert list(broken_links([page])) == 2 * [f"{page}: {link}: {reason}"]


def test_code_has_no_links(page: Path) -> None:
    page.write_text("# Here\n\n`[a](none.md)`\n\n```\n[a](none.md)\n```\n")
    assert list(broken_links([page])) == []


def test_headings_in_code_make_no_anchor() -> None:
    assert list(anchors("# A\n```\n# B\n```\n## C d\n")) == ["a", "c-d"]


@pytest.mark.parametrize(("target", "code", "lines"), [("other.md", 0, 0), ("none.md", 1, 1)])
def test_the_command_prints_broken_links_and_ends_with_1(
    page: Path, capsys: pytest.CaptureFixture[str], target: str, code: int, lines: int
) -> None:
    page.write_text(f"[text]({target})\n")
    assert main(page.parent) == code
    assert len(capsys.readouterr().out.splitlines()) == lines
