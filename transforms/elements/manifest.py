"""The shape of a manifest, as far as later runs and other commands read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import NotRequired, TypedDict

from exporters.league.forecasts.readiness import State
from transforms.elements.run_order import RunOrder

VERSION = 2
"""Raised whenever a reader of the version before would misunderstand what is written."""

HELD = frozenset(state.value for state in (State.WITHHELD, State.FAILED, State.DEGRADED))
"""States of an export type of which a run published nothing."""

Count = Annotated[int, Field(ge=0)]


class Publisher(TypedDict):
    """The newest run that published an export type."""

    run_id: str
    as_of: str
    execution_id: str


class Pointers(TypedDict):
    """What became of the pointers of an export type."""

    moved: Count
    unchanged: Count
    kept: dict[str, int]
    failed: dict[str, str]
    missing: dict[str, str]


class FailureLine(TypedDict):
    """One failure."""

    step: str
    key: str
    error: str


class Section(TypedDict):
    """What the newest run of an export type did on the date, and what is published of it now.

    That run may have held the type back. ``published_by`` is then an earlier one; None when there is none.
    ``writers`` names the executions that wrote documents, where that is not the publisher.
    """

    run_id: str
    as_of: str
    execution_id: str
    state: str
    reason: str | None
    written: Count
    unchanged: Count
    kept: dict[str, int]
    missing: dict[str, str]
    failed: Count
    bytes: Count
    counts: dict[str, int]
    build_ms: float
    publish_ms: float
    failures: list[FailureLine]
    pointers: Pointers
    generations: dict[str, int]
    stale: list[str]
    documents: dict[str, str]
    document_counts: dict[str, dict[str, int]]
    published_by: NotRequired[Publisher | None]
    schema: NotRequired[str]
    writers: NotRequired[dict[str, str]]


class RunLine(TypedDict):
    """The run that wrote the manifest."""

    run_id: str
    as_of: str
    execution_id: str
    started_at: str
    finished_at: str


class FunnelLine(TypedDict):
    """Whether too few players came through."""

    degraded: list[str]


class SkippedLine(TypedDict):
    """Rows that could not be used."""

    table: str
    column: str
    rows: Count
    unowned: bool
    key: NotRequired[str | None]
    value: NotRequired[str]


class Manifest(TypedDict):
    """A manifest; what is not named here is for people."""

    # Not a comparison with the number alone: what has no version is of the first one.
    __pydantic_config__ = ConfigDict(strict=True, extra="allow")  # type: ignore[misc]

    version: Literal[2]
    date: str
    status: Literal["success", "degraded", "kept", "partial", "failed"]
    run: RunLine
    funnel: FunnelLine
    last_good: dict[str, int] | None
    failures: list[FailureLine]
    skipped_rows: list[SkippedLine]
    exports: dict[str, Section]


def publisher_of(section: Mapping[str, Any]) -> RunOrder:
    """Return the order of the newest run that published an export type; that of no run when none has.

    A section that does not name it counts as published by the run that wrote it.
    """
    published = section.get("published_by", section)
    return RunOrder() if published is None else RunOrder.of(published)


def writers_of(section: Mapping[str, Any] | None, paths: Iterable[str]) -> dict[str, str]:
    """Return the executions that wrote the documents of a section; empty text for one that is not known."""
    if section is None:
        return dict.fromkeys(paths, "")
    # Sections of earlier releases do not tell.
    told, other = section.get("writers"), publisher_of(section).execution_id
    return {path: "" if told is None else told.get(path, other) for path in paths}


def writers_but(publisher: Mapping[str, Any] | None, writers: Mapping[str, str]) -> dict[str, str]:
    """Return the writers as a section lists them: without those that are its publisher."""
    usual = None if publisher is None else publisher["execution_id"]
    return {path: writer for path, writer in sorted(writers.items()) if writer != usual}


_MANIFEST: TypeAdapter[Any] = TypeAdapter(Manifest)


class ManifestError(ValueError):
    """A manifest cannot be used. One line, without its path."""


def checked_manifest(found: Any) -> dict[str, Any]:
    """Return a manifest that has every key that is read from it.

    Raises:
        ManifestError: It is of another version, or lacks a key.
    """
    if not isinstance(found, Mapping):
        raise ManifestError("is not a JSON object")
    version = found.get("version", 1)
    if version != VERSION:
        raise ManifestError(f"is of version {version}, and this code reads version {VERSION}")
    try:
        _MANIFEST.validate_python(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ManifestError(f"is damaged: {where}: {first['msg'].lower()}") from None
    return dict(found)
