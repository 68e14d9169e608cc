"""Writes ``deploy/metadata*.json``: the parameters of the Flex Templates, made from the options.

The files are in the repository, and a test compares them with what this module makes: change an option, and run
``phase6 metadata`` again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.deployment.command_options import MetadataOptions
from pipeline.deployment.settings import DEPLOY
from pipeline.options.flags import OptionsError, check_folder, parse_options
from pipeline.options.option import Kind, Option
from pipeline.options.option_table import CLIENT_OPTIONS, EXPORT_OPTIONS, STREAMING_OPTIONS
from pipeline.reporting.generated_files import write_files
from pipeline.reporting.terminal import complain, say, say_json

FOLDER = DEPLOY
BATCH, STREAMING = "metadata.json", "metadata-streaming.json"

_TYPES = {Kind.TEXT: "TEXT", Kind.INTEGER: "NUMBER", Kind.BOOLEAN: "BOOLEAN", Kind.ENUM: "ENUM"}


def template_metadata(name: str) -> dict[str, Any]:
    """Return the metadata of the batch template or of the streaming template, by the name of its file."""
    if name == BATCH:
        return {
            "name": "Phase 6 Export",
            "description": "Turns the tables of a night, or of a season in one pass, into the documents of the API.",
            "streaming": False,
            "parameters": [_parameter(option) for option in EXPORT_OPTIONS if option not in CLIENT_OPTIONS],
        }
    return {
        "name": "Phase 6 Export, streaming",
        "description": "Answers the requests of a Pub/Sub subscription, and keeps live games and results current.",
        "streaming": True,
        "supportsAtLeastOnce": False,
        "supportsExactlyOnce": True,
        "defaultStreamingMode": "EXACTLY_ONCE",
        "parameters": [_parameter(option) for option in STREAMING_OPTIONS if option not in CLIENT_OPTIONS],
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


def metadata_text(name: str) -> str:
    """Return the text of a file."""
    return json.dumps(template_metadata(name), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> list[str]:
    """Write every missing or stale file, and return the names of those that changed."""
    return write_files(folder, {name: metadata_text(name) for name in (BATCH, STREAMING)})


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    try:
        options = parse_options(MetadataOptions, argv)
        check_folder("--output", options.output)
    except OptionsError as error:
        complain(error)
        return 2
    changed = write(options.output)
    if options.json:
        say_json({"changed": changed})
    else:
        say(f"{len(changed)} files changed{': ' if changed else ''}{', '.join(changed)}")
    return 0
