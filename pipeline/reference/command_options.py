"""The options of ``phase6 docs``. Imports no Beam, so that help answers at once."""

from __future__ import annotations

from typing import Annotated

from pydantic.dataclasses import dataclass

from pipeline.options.locations import FilePath
from pipeline.options.option import Group, options_of
from pipeline.requests.field import STRICT, Described
from pipeline.version import ROOT

DOCS = ROOT / "docs"
CLIENTS = ROOT / "clients"


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DocsOptions:
    """Where generated files are written."""

    output: Annotated[FilePath, Described("The folder.", example="docs", default_help="docs", metavar="FOLDER")] = DOCS
    clients: Annotated[
        FilePath,
        Described(
            "The folder of the clients, whose types are written.",
            example="clients",
            default_help="clients",
            metavar="FOLDER",
        ),
    ] = CLIENTS
    json: Annotated[bool, Described("Report what changed as JSON, for programs.", example="true")] = False


DOCS_OPTIONS = options_of(DocsOptions, Group.COMMAND)
"""The options of ``phase6 docs``."""
