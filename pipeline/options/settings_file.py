"""Lines of ``NAME=value``, as a shell sources them and as this project reads them. Imports no Beam."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from string import Template

from pipeline.requests.problems import Problem, nearest, show

_WORD = re.compile(r"""([^\s"'\\;&|<>()`]*)|"([^"\\`]*)\"""")
"""What a shell takes for one word, bare or in double quotes."""


def read_lines(path: Path, values: dict[str, str], names: Collection[str] | None = None) -> Iterator[Problem]:
    """Read a file of settings, in which ``${NAME}`` stands for a name further up.

    Args:
        path: The file.
        values: Takes the value of each name.
        names: The names that there are; None for any.

    Yields:
        What is wrong with a line.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, sign, value = text.partition("=")
        if not sign or (names is not None and name not in names):
            meant = nearest(name, names or ())
            fix = f"did you mean {meant}?" if meant else "write NAME=value"
            yield Problem(f"{path.name} line {number}", show(text), "names no setting", fix)
            continue
        word = _WORD.fullmatch(value)
        if word is None:
            yield Problem(name, show(value), "is not one word to a shell", f'write {name}="..."')
            continue
        try:
            values[name] = Template(word[1] or word[2] or "").substitute(values)
        except (KeyError, ValueError):
            yield Problem(name, show(value), "refers to a name that is not further up", "define that one first")
