"""Compares what manifests say with what is really there.

    python -m pipeline.operations.verify --output=out --target_date=2026-02-11

Every document that a manifest lists must be in the store with the digest that the manifest gives, and every pointer
must show what one of the dated documents shows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

from exporters.registry import exports
from pipeline.options.locations import LocalFolder, parse_output
from pipeline.reporting.report import HELD
from transforms.publishing.manifest import load_manifest, marker_path
from transforms.stores.folder import LocalStore
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import Store, StoreError

OK, DIFFERENT = 0, 1
"""Exit codes; argparse itself ends with 2 on a bad request."""


@dataclass
class Verification:
    """What was found.

    Attributes:
        checked: Objects that were compared.
        problems: One line for each that is not as it should be.
    """

    checked: int
    problems: list[str]


def verify(store: Store, days: Sequence[date]) -> Verification:
    """Compare the manifests of some dates, and the pointers of all export types, with the store."""
    found = Verification(0, [])
    for day in days:
        _verify_date(store, day, found)
    for path, problem in _pointer_problems(store, found):
        found.problems.append(f"{path}: {problem}")
    return found


def _verify_date(store: Store, day: date, found: Verification) -> None:
    manifest, _ = load_manifest(store, day)
    if manifest is None:
        found.problems.append(f"{day}: has no manifest; export it")
        return
    if store.stat(marker_path(day)) is not None:
        found.problems.append(f"{day}: a run was cut off while it replaced documents; export the date again")
    for name, section in manifest["exports"].items():
        if section["state"] in HELD:
            found.problems.append(f"{day} {name}: {section['state']}: {section['reason']}")
        found.problems.extend(f"{day} {name}: {failure['key']}: {failure['error']}" for failure in section["failures"])
        documents = section["documents"]
        with ThreadPoolExecutor(store.concurrency) as threads:
            there = list(threads.map(store.stat, documents))
        found.checked += len(documents)
        for (path, digest), shown in zip(documents.items(), there, strict=True):
            if shown is None:
                found.problems.append(f"{path}: is missing; export {name} for {day} with --rewrite")
            elif shown.metadata.get("game_date", "") > str(day):
                continue  # A fixed path, which a later date has taken over.
            elif shown.metadata.get("digest") != digest:
                found.problems.append(f"{path}: is not what the manifest of {day} lists; export {name} with --rewrite")


def _pointer_problems(store: Store, found: Verification) -> Iterator[tuple[str, str]]:
    """Yield the pointers that differ from the dated document that they say they show."""
    for export in exports().values():
        for pointer in export.pointers:
            if "{player}" in pointer.path or "{date}" not in export.path:
                continue
            shown = store.read(pointer.path)
            if shown is None:
                continue
            found.checked += 1
            day = shown[1].metadata.get("game_date", "")
            dated = store.read(export.path.format(date=day, player="", season="")) if day else None
            if dated is None:
                yield pointer.path, f"shows {day or 'an unknown date'}, whose document is missing; export it again"
            elif dated[0] != shown[0]:
                yield pointer.path, f"differs from the document of {day} that it mirrors; export that date again"


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.operations.verify", description=__doc__)
    parser.add_argument("--output", required=True, help="where the documents are: PATH or gs://BUCKET/PREFIX")
    parser.add_argument("--gcs_endpoint", help="another server of the storage API, such as an emulator")
    parser.add_argument("--target_date", type=date.fromisoformat, help="one date, for example 2026-02-11")
    parser.add_argument("--start_date", type=date.fromisoformat, help="first date of a range")
    parser.add_argument("--end_date", type=date.fromisoformat, help="last date of a range")
    arguments = parser.parse_args(argv)
    first = arguments.target_date or arguments.start_date
    last = arguments.target_date or arguments.end_date
    if first is None or last is None or last < first:
        parser.error("give --target_date, or --start_date and --end_date in order")
    try:
        place = parse_output(arguments.output)
    except ValueError as error:
        parser.error(f"--output: {arguments.output!r} {error}")
    store: Store
    if isinstance(place, LocalFolder):
        store = LocalStore(place.path)
    else:
        store = GcsStore(place.bucket, place.prefix, endpoint=arguments.gcs_endpoint)
    try:
        found = verify(store, [first + timedelta(days=n) for n in range((last - first).days + 1)])
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return DIFFERENT
    for problem in found.problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"{found.checked:,} objects checked, {len(found.problems)} problems\n")
    return DIFFERENT if found.problems else OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
