"""The full record of what failed for a date; its manifest names it, and tells no more than each error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from transforms.elements.failure import Failure
from transforms.elements.plan import Run
from transforms.elements.publication import Publication
from transforms.publishing.lease import CONTROL_CACHE
from transforms.stores.control import FAILURES
from transforms.stores.protocol import Store, StoreError


def failure_log_path(day: str, execution: str) -> str:
    """Return the path of what failed for a date in one execution."""
    return f"{FAILURES}{day}/{execution}.ndjson"


def write_failure_log(store: Store, run: Run, publication: Publication) -> None:
    """Write one JSON line per failure of a date, if there is any, and let the publication know where.

    A log that cannot be written is one more failure, which the manifest then tells.
    """
    lines = [orjson.dumps(record) for record in _records(run, publication)]
    if not lines:
        return
    path = failure_log_path(publication.day.isoformat(), run.execution)
    content = b"\n".join([*lines, b""])
    try:
        store.write(path, content, cache_control=CONTROL_CACHE, content_type="application/x-ndjson")
    except StoreError as error:
        publication.failures.append(Failure("WriteFailureLog", "", path, f"{type(error).__name__}: {error}"))
    else:
        publication.failures_path = path


def _records(run: Run, publication: Publication) -> Iterator[dict[str, Any]]:
    for failure in _failures(publication):
        yield {
            "run_id": run.run_id,
            "correlation_id": run.correlation_id,
            "generated_at": run.generated_at,
            "date": publication.day.isoformat(),
            **vars(failure),
        }


def _failures(publication: Publication) -> Iterator[Failure]:
    yield from publication.failures
    yield from publication.skipped
    for made in publication.outcomes:
        if made.action == "failed":
            yield Failure("PublishDocuments", made.export, made.path, made.error)
    for moved in publication.pointers:
        if moved.action == "failed":
            yield Failure("MovePointers", moved.export, moved.path, moved.reason)
