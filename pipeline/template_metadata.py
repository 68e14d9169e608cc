"""Writes ``deploy/metadata.json``: what the Flex Template takes, made from the table of options.

    python -m pipeline.template_metadata

The file is in the repository, and a test compares it with what this module makes: change an option, and run it again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.option_table import OPTIONS, Kind, Option
from pipeline.version import ROOT

METADATA = ROOT / "deploy" / "metadata.json"

_TYPES = {Kind.TEXT: "TEXT", Kind.INTEGER: "NUMBER", Kind.BOOLEAN: "BOOLEAN", Kind.ENUM: "ENUM"}


def template_metadata() -> dict[str, Any]:
    """Return the metadata of the template."""
    return {
        "name": "Phase 6 Export",
        "description": "Turns the tables of a night, or of a whole season in one pass, into the documents of the API.",
        "streaming": False,
        "parameters": [_parameter(option) for option in OPTIONS],
    }


def _parameter(option: Option) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": option.name,
        "label": option.name.replace("_", " ").capitalize(),
        "helpText": option.described,
        "isOptional": not option.required,
        "regexes": [option.remote_regex],
        "paramType": _TYPES[option.kind],
        "groupName": option.group.value,
    }
    if option.kind is Kind.ENUM:
        found["enumOptions"] = [{"value": choice, "label": choice} for choice in option.choices]
    if option.default is not None:
        found["defaultValue"] = option.default
    return found


def metadata_text() -> str:
    """Return the text of the file."""
    return json.dumps(template_metadata(), indent=2, ensure_ascii=False) + "\n"


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.template_metadata", description="Write the metadata.")
    parser.add_argument("--output", type=Path, default=METADATA, help="the file (%(default)s)")
    parser.parse_args(argv).output.write_text(metadata_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
