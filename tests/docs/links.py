"""Checks every link of every Markdown file: local targets exist, and anchors name a heading of their page.

    python -m tests.docs.links

External links are not followed. Exit codes: 0 every link leads somewhere, 1 some do not, each on a line of its own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[2]
LEFT_OUT = frozenset({".venv", ".venv-emulators", ".demo", "build", "out", "node_modules"})

_CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
_EXTERNAL = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def pages(root: Path = ROOT) -> list[Path]:
    """Return every Markdown file of a checkout, in path order."""
    found = (
        path
        for path in root.rglob("*.md")
        if not any(part in LEFT_OUT or part.startswith(".venv") for part in path.parts)
    )
    return sorted(found)


def broken_links(paths: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each link that leads nowhere: page, link, and what is missing."""
    for page in paths:
        text = page.read_text(encoding="utf-8")
        for link in _LINK.findall(_CODE.sub("", _CODE_BLOCK.sub("", text))):
            reason = _what_is_wrong(page, link)
            if reason:
                yield f"{page}: {link}: {reason}"


def _what_is_wrong(page: Path, link: str) -> str | None:
    if _EXTERNAL.match(link):
        return None
    target, _, anchor = link.partition("#")
    path = (page.parent / unquote(target)) if target else page
    if not path.exists():
        return "no such file"
    if anchor and path.suffix == ".md" and anchor not in set(anchors(path.read_text(encoding="utf-8"))):
        return f"no heading makes the anchor {anchor!r}"
    return None


def anchors(text: str) -> Iterator[str]:
    """Yield the anchors of a page as code hosts make them: lower case, hyphens for spaces, numbered when repeated."""
    seen: dict[str, int] = {}
    for heading in _HEADING.findall(_CODE_BLOCK.sub("", text)):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen.get(name, 0)
        seen[name] = count + 1
        yield f"{name}-{count}" if count else name


def main(root: Path = ROOT) -> int:
    """Print the broken links of a checkout and return the exit code."""
    found = list(broken_links(pages(root)))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
