"""Compares manifests with the published objects.

Every document that a manifest lists must be in the store with the digest that the manifest gives, and every pointer
must show what one of the dated documents shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from exporters.registry import exports
from pipeline.execution.places import open_output
from pipeline.operations.command_options import VerifyOptions
from pipeline.options.flags import OptionsError, parse_options
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.clock import league_day
from pipeline.requests.problems import Problem, show
from pipeline.requests.request_message import day_of
from transforms.elements.manifest import HELD
from transforms.publishing.lease import find_holder
from transforms.publishing.manifest import load_manifest
from transforms.stores.protocol import Store, StoreError

OK, DIFFERENT, REJECTED = 0, 1, 2
"""Exit codes."""


@dataclass
class Verification:
    """The result of a comparison.

    Attributes:
        checked: Objects that were compared.
        problems: One line for each difference.
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
    manifest, _, problem = load_manifest(store, day)
    if manifest is None:
        found.problems.append(f"{day}: {problem}" if problem else f"{day}: has no manifest; export it")
        return
    if (holder := find_holder(store, day)) is not None:
        found.problems.append(
            f"{day}: run {holder.run_id} is publishing it, or was cut off; wait for it, or export the date again"
        )
    for name, section in manifest["exports"].items():
        if section["state"] in HELD:
            found.problems.append(f"{day} {name}: {section['state']}: {section['reason']}{_instead(section)}")
        found.problems.extend(f"{day} {name}: {failure['key']}: {failure['error']}" for failure in section["failures"])
        documents = section["documents"]
        with ThreadPoolExecutor(store.concurrency) as threads:
            there = list(threads.map(store.stat, documents))
        found.checked += len(documents)
        for (path, digest), shown in zip(documents.items(), there, strict=True):
            if shown is None:
                found.problems.append(f"{path}: is missing; export {name} for {day} with --rewrite")
            elif shown.metadata.get("game_date", "") > str(day):
                continue  # A fixed path that shows a later date.
            elif shown.metadata.get("digest") != digest:
                found.problems.append(f"{path}: is not what the manifest of {day} lists; export {name} with --rewrite")


def _instead(section: Mapping[str, Any]) -> str:
    """Return whose documents are there of an export type that the newest run held back; empty when it has none."""
    published = section.get("published_by")
    return f"; what is published is of run {published['run_id']}" if published and section["documents"] else ""


def _pointer_problems(store: Store, found: Verification) -> Iterator[tuple[str, str]]:
    """Yield the pointers that differ from the dated document which their metadata name."""
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


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware, of which ``today`` is the league day.
    """
    try:
        options = parse_options(VerifyOptions, argv)
        days = _days(options, league_day(now or datetime.now(timezone.utc)))
    except OptionsError as error:
        complain(error)
        return REJECTED
    try:
        found = verify(_open(options), days)
    except StoreError as error:
        complain(error)
        return DIFFERENT
    if options.json:
        say_json({"checked": found.checked, "problems": found.problems})
    else:
        say_all(found.problems, style="red")
        wrong = bool(found.problems)
        say(f"{found.checked:,} objects checked, {len(found.problems)} problems", style="red" if wrong else "green")
    return DIFFERENT if found.problems else OK


def _days(options: VerifyOptions, today: date) -> list[date]:
    """Return the dates to verify.

    Raises:
        OptionsError: There is not exactly one date or one range.
    """
    fix = "give --target_date, or --start_date and --end_date"
    single, first, last = options.target_date, options.start_date, options.end_date
    if single is not None and (first is not None or last is not None):
        raise OptionsError([Problem("--target_date", show(str(single)), "excludes a range", f"{fix}, only one")])
    if single is not None:
        first = last = single
    for flag, value, other in (("--start_date", first, "--end_date"), ("--end_date", last, "--start_date")):
        if value is not None and (first is None or last is None):
            raise OptionsError([Problem(flag, show(str(value)), f"has no {other}", f"add {other}, or {fix}")])
    if first is None or last is None:
        raise OptionsError([Problem("--target_date", "", "is missing", fix)])
    start, end = day_of(first, today), day_of(last, today)
    if end < start:
        raise OptionsError([Problem("--end_date", show(str(end)), f"is before --start_date {start}", "swap them")])
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def _open(options: VerifyOptions) -> Store:
    return open_output(options.output, options.control_output, endpoint=options.gcs_endpoint)
