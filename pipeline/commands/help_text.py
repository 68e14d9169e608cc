"""The text of ``--help``. Imports no Beam, so that it prints at once."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence

from pipeline.commands.command import Command

_WIDTH = 100
_INDENT = " " * 6

_BEAM = """\
Plus every Beam option, for example --runner=DataflowRunner --project --region --temp_location. Options that only a
portable runner's job server knows go behind a bare --, unchecked.
"""

Style = Callable[[str], str]


def wants_help(argv: Sequence[str]) -> bool:
    """Whether a command line contains ``--help`` or ``-h``."""
    checked = argv[: argv.index("--")] if "--" in argv else argv
    return "--help" in checked or "-h" in checked


def build_help(command: Command, program: str, *, heading: Style = str, flag: Style = str) -> str:
    """Return the help text of a command: its options by section, the names that they take, examples.

    Args:
        command: The command.
        program: The words that run it.
        heading: Returns a heading as a terminal shows it.
        flag: Returns an option as a terminal shows it.
    """
    sections = [f"{heading('Usage:')} {program} {command.usage}\n\n{command.summary}\n", *_paragraphs(command.about)]
    options = command.load_options()
    for group in dict.fromkeys(option.group for option in options):
        lines = [heading(group.value)]
        for option in options:
            if option.group is group:
                lines += [f"  {flag(option.usage)}", _indented(option.described)]
        sections.append("\n".join(lines) + "\n")
    if command.is_job:
        sections.append("\n".join([heading("Export types"), *_names()]) + "\n")
    if command.examples:
        sections.append("\n".join([heading("Examples"), *_examples(command, program)]) + "\n")
    if command.is_job:
        sections.append(_BEAM)
    return "\n".join(sections)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        if "\n" in paragraph or re.match("gcloud ", paragraph):
            yield textwrap.indent(paragraph, "    ") + "\n"
        elif paragraph:
            yield textwrap.fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _names() -> Iterator[str]:
    from exporters.registry import exports, groups

    yield _indented(", ".join(exports()))
    for name, members in groups().items():
        yield _indented(f"{name}: {', '.join(members)}")


def _examples(command: Command, program: str) -> Iterator[str]:
    for title, arguments in command.examples:
        yield f"  {title}"
        line = f"    {program}"
        # Broken before a flag, as a shell reads it.
        for part in re.split(r" (?=--|\|)", arguments) if arguments else ():
            if len(line) + 1 + len(part) > _WIDTH:
                yield f"{line} \\"
                line = f"      {part}"
            else:
                line += f" {part}"
        yield line


def _indented(text: str) -> str:
    # Names and flags are copied from here, so they stay in one piece.
    return textwrap.fill(
        text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False
    )
