"""What ``--help`` says, without importing Beam, so that it answers at once."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from pipeline.options.option import Group
from pipeline.options.option_table import OPTIONS

_WIDTH = 100
_INDENT = " " * 6

_USAGE = """\
Usage: python -m pipeline.main --warehouse=PATH --output=PATH --export_types=LIST --target_date=DATE [option ...]
       python -m pipeline.main --warehouse=PATH --output=PATH --input_subscription=... --dead_letter_topic=...

Turns the tables of one night, or of a whole season in one pass, into the documents of the public API.
"""

_EXAMPLES = """\
Examples
  Tonight, from Parquet files to a folder:
    python -m pipeline.main --warehouse=data --output=out --export_types=tonight-all --target_date=today
  A season, leaving latest.json and the like alone:
    python -m pipeline.main --warehouse=bigquery:my-project --output=gs://my-bucket/v1 --export_types=all \\
      --start_date=2025-10-21 --end_date=yesterday --update_latest=never
  What a message asked for:
    python -m pipeline.main --warehouse=data --output=out \\
      --request='{"export_types": ["tonight"], "target_date": "2026-02-12"}'
  Whatever messages ask for, as they come:
    python -m pipeline.main --warehouse=bigquery:my-project --output=gs://my-bucket/v1 \\
      --input_subscription=projects/my-project/subscriptions/phase6-export-requests \\
      --dead_letter_topic=projects/my-project/topics/phase6-export-dead-letters

Plus every Beam option, for example --runner=DataflowRunner --project --region --temp_location. Options that only a
portable runner's job server knows go behind a bare --, unchecked.
"""


def wants_help(argv: Sequence[str]) -> bool:
    """Whether a command line asks for help."""
    checked = argv[: argv.index("--")] if "--" in argv else argv
    return "--help" in checked or "-h" in checked


def build_help(known_types: Sequence[str] = (), groups: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return the help text: our options by section, the names that they take, examples.

    Args:
        known_types: Every export type.
        groups: Group name to its export types.
    """
    sections = [_USAGE]
    for group in Group:
        lines = [group.value]
        for option in OPTIONS:
            if option.group is group:
                lines += [f"  {option.usage}", _indented(option.described)]
        sections.append("\n".join(lines) + "\n")
    if known_types:
        lines = ["Export types", _indented(", ".join(known_types))]
        lines += [_indented(f"{name}: {', '.join(members)}") for name, members in (groups or {}).items()]
        sections.append("\n".join(lines) + "\n")
    return "\n".join([*sections, _EXAMPLES])


def _indented(text: str) -> str:
    # Names and flags are copied from here, so they stay in one piece.
    return textwrap.fill(
        text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False
    )
