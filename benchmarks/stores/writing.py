"""What one document costs from its value to its file, beside the floor: serialise, write, rename.

    python -m benchmarks.stores.writing
    python -m benchmarks.stores.writing --first=2026-02-01 --last=2026-02-28 --rounds=7

The documents are built once, and kept as values. Then each step takes its turn over all of them, and the fastest turn
counts, in CPU microseconds a document. Files go to a memory file system where there is one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from benchmarks.against_script import FOUR_TYPES
from benchmarks.plans import parser_of, plan_of, seconds
from benchmarks.processes import memory_folder
from exporters.declaration import Export
from pipeline.execution.in_process import build_documents
from transforms.elements.document import Document, make_document
from transforms.elements.plan import Plan
from transforms.elements.publication import Published
from transforms.publishing.documents import DocumentPublisher, published_object
from transforms.reading.scan import scan_all
from transforms.stores.folder import LocalStore
from transforms.warehouses.parquet import ParquetWarehouse


@dataclass(frozen=True)
class Value:
    """A document before it is serialised.

    Attributes:
        export: Its export type.
        day: Its date.
        key: Its player; empty without one.
        value: What its builder returned.
    """

    export: Export
    day: date
    key: str
    value: Any


def values_of(plan: Plan, warehouse: Path) -> list[Value]:
    """Return the documents of a plan, each path once, as their builders return them."""
    batches, scan_counts = scan_all(plan, ParquetWarehouse(str(warehouse)))
    exports = {export.name: export for export in plan.exports}
    found: dict[str, Value] = {}
    for built in build_documents(plan, batches, scan_counts):
        for made in built.documents.documents:
            of = date.fromisoformat(made.date)
            found.setdefault(made.path, Value(exports[made.export], of, made.key, orjson.loads(made.content)))
    return list(found.values())


def make(plan: Plan, values: list[Value], *, validate: bool = False) -> list[Document]:
    """Return the documents of values."""
    at = plan.run.generated_at
    return [
        make_document(found.export, found.value, found.day, at, settled=True, key=found.key, validate=validate)
        for found in values
    ]


def write_plainly(documents: list[Document], values: list[Value], folder: str) -> None:
    """Serialise values and put each in place with a rename, without anything else: the least that a document takes."""
    made: set[str] = set()
    staged = f"{folder}/staged"
    for document, found in zip(documents, values, strict=True):
        path = f"{folder}/{document.path}"
        parent = os.path.dirname(path)
        if parent not in made:
            os.makedirs(parent, exist_ok=True)
            made.add(parent)
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        os.write(descriptor, orjson.dumps(found.value, option=orjson.OPT_INDENT_2))
        os.close(descriptor)
        os.replace(staged, path)


def publish(publisher: DocumentPublisher, documents: list[Document], published: Published, action: str) -> None:
    """Publish documents, and fail unless this becomes of each of them."""
    for document in documents:
        made = publisher.publish(document, published)
        assert made.action == action, made


def look_up(store: LocalStore, documents: list[Document]) -> Published:
    """Return what is published at the paths of documents, as the opening of a date does: one list a folder."""
    folders = sorted({os.path.dirname(document.path) + "/" for document in documents})
    return Published(
        {shown.path: published_object(shown) for folder in folders for shown in store.list(folder, recursive=False)}
    )


def turn(plan: Plan, values: list[Value]) -> dict[str, float]:
    """Return the CPU seconds of each step, in one turn."""
    documents = make(plan, values)
    dated = [document for document in documents if not document.fixed]
    again = replace(plan, run=replace(plan.run, execution_id="again"))
    forced = replace(plan, run=replace(plan.run, execution_id="~forced"), rewrite=True)
    found: dict[str, float] = {}
    with memory_folder() as folder:
        found["floor: serialise, write, rename"] = seconds(lambda: write_plainly(documents, values, str(folder)))
    found["make"] = seconds(lambda: make(plan, values))
    found["make and validate"] = seconds(lambda: make(plan, values, validate=True))
    with memory_folder() as folder:
        store = LocalStore(str(folder))
        first, same, over = (DocumentPublisher(store, of) for of in (plan, again, forced))
        found["publish: nothing is there"] = seconds(lambda: publish(first, dated, Published(), "written"))
        found["look up what is there"] = seconds(lambda: look_up(store, dated))
        there = look_up(store, dated)
        found["publish: nothing has changed"] = seconds(lambda: publish(same, dated, there, "unchanged"))
        found["publish: everything is rewritten"] = seconds(lambda: publish(over, dated, there, "written"))
    return found


def main() -> None:
    """Run the benchmark."""
    arguments = parser_of(__doc__, FOUR_TYPES, 5).parse_args()
    plan = plan_of(arguments.types, arguments.first, arguments.last)
    values = values_of(plan, arguments.warehouse)
    turns = [turn(plan, values) for _ in range(arguments.rounds)]
    print(f"{len(values):,} documents, best of {arguments.rounds}, CPU")
    for step in turns[0]:
        print(f"  {step:34} {1e6 * min(taken[step] for taken in turns) / len(values):7.1f} us a document")


if __name__ == "__main__":
    main()
