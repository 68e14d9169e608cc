"""Writes the generated files of ``docs``: the pages of the API, its OpenAPI description, the schema of a request.

The types of the clients are written with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.options.flags import OptionsError, check_folder, parse_options
from pipeline.reference import api_docs, typescript
from pipeline.reference.command_options import DocsOptions
from pipeline.reference.openapi import openapi_text
from pipeline.reference.request_schema import schema_text
from pipeline.reporting.generated_files import write_files
from pipeline.reporting.terminal import complain, say, say_json

PAGES = "api"
REQUEST_SCHEMA = "request.schema.json"
OPENAPI = "openapi.json"
TYPESCRIPT = "typescript/src"


def write(folder: Path) -> list[str]:
    """Write every missing or stale file, and return the changes.

    Args:
        folder: The folder of the documentation.
    """
    changed = [f"{PAGES}/{name}" for name in api_docs.write(folder / PAGES)]
    return changed + write_files(folder, {REQUEST_SCHEMA: schema_text(), OPENAPI: openapi_text()})


def write_clients(folder: Path) -> list[str]:
    """Write every missing or stale file of the clients, and return the changes.

    Args:
        folder: The folder of the clients.
    """
    return [f"{TYPESCRIPT}/{name}" for name in write_files(folder / TYPESCRIPT, typescript.files())]


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    try:
        options = parse_options(DocsOptions, argv)
        check_folder("--output", options.output)
        check_folder("--clients", options.clients)
    except OptionsError as error:
        complain(error)
        return 2
    changed = write(options.output) + write_clients(options.clients)
    if options.json:
        say_json({"changed": changed})
    else:
        say(f"{len(changed)} files changed{': ' if changed else ''}{', '.join(changed)}")
    return 0
