"""Writes ``deploy/metadata*.json``: what the Flex Templates take, made from the table of options.

    python -m pipeline.deployment.template_metadata

The files are in the repository, and a test compares them with what this module makes: change an option, and run it
again.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.options.option import Kind, Option
from pipeline.options.option_table import BATCH_OPTIONS, CLIENT_OPTIONS, OPTIONS
from pipeline.options.stream_options import STREAM_OPTIONS
from pipeline.version import ROOT

FOLDER = ROOT / "deploy"
BATCH, STREAMING = "metadata.json", "metadata-streaming.json"

_NEEDED = ("input_subscription", "dead_letter_topic")
_TYPES = {Kind.TEXT: "TEXT", Kind.INTEGER: "NUMBER", Kind.BOOLEAN: "BOOLEAN", Kind.ENUM: "ENUM"}


def template_metadata(name: str) -> dict[str, Any]:
    """Return the metadata of the batch template or of the streaming template, by the name of its file."""
    if name == BATCH:
        return {
            "name": "Phase 6 Export",
            "description": "Turns the tables of a night, or of a season in one pass, into the documents of the API.",
            "streaming": False,
            "parameters": [_parameter(option) for option in OPTIONS if option not in STREAM_OPTIONS + CLIENT_OPTIONS],
        }
    return {
        "name": "Phase 6 Export, streaming",
        "description": "Answers the requests of a Pub/Sub subscription, and keeps live games and results current.",
        "streaming": True,
        "supportsAtLeastOnce": True,
        "supportsExactlyOnce": True,
        "defaultStreamingMode": "EXACTLY_ONCE",
        "parameters": [
            _parameter(option, required=option.name in _NEEDED)
            for option in OPTIONS
            if option not in BATCH_OPTIONS + CLIENT_OPTIONS
        ],
    }


def _parameter(option: Option, *, required: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": option.name,
        "label": option.name.replace("_", " ").capitalize(),
        "helpText": option.described,
        "isOptional": not (option.required or required),
        "regexes": [option.remote_regex],
        "paramType": _TYPES[option.kind],
        "groupName": option.group.value,
    }
    if option.kind is Kind.ENUM:
        found["enumOptions"] = [{"value": choice, "label": choice} for choice in option.choices]
    if option.default is not None:
        found["defaultValue"] = option.default
    return found


def metadata_text(name: str) -> str:
    """Return the text of a file."""
    return json.dumps(template_metadata(name), indent=2, ensure_ascii=False) + "\n"


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.deployment.template_metadata", description="Write the metadata."
    )
    parser.add_argument("--output", type=Path, default=FOLDER, help="the folder (%(default)s)")
    folder: Path = parser.parse_args(argv).output
    for name in (BATCH, STREAMING):
        (folder / name).write_text(metadata_text(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
