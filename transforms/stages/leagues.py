"""The league-wide rows that player functions read: decoded once per process for all of its shards."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from exporters.config import ExportConfig
from exporters.declaration import Export
from exporters.league.forecasts.readiness import ScanCounts, Verdict, verdict
from exporters.league.nights.history import League
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch
from transforms.reading.decoding import Defect, decode_all

Content = tuple[str, tuple[tuple[str, bytes], ...]]
"""The identity of a league: the run, and a digest of each of its batches."""


class Verdicts:
    """The verdicts of a run: the same for every shard, and found once."""

    def __init__(self, scan_counts: ScanCounts, config: ExportConfig) -> None:
        """Take what they follow from."""
        self._scan_counts, self._config = scan_counts, config
        self._found: dict[tuple[Export, date], Verdict] = {}

    def on(self, export: Export, day: date) -> Verdict:
        """Return whether an export goes out on a date."""
        if (export, day) not in self._found:
            self._found[export, day] = verdict(export, day, self._scan_counts, self._config)
        return self._found[export, day]


class DecodedLeague(NamedTuple):
    """The league, its unusable rows, and what its counts decide."""

    league: League
    defects: tuple[Defect, ...]
    verdicts: Verdicts


def decode_league(plan: Plan, scan_counts: ScanCounts, batches: Iterable[TableBatch]) -> DecodedLeague:
    """Return the league of some league-wide batches."""
    rows, defects = decode_all(batches)
    league = League(rows, scan_counts, plan.config)
    return DecodedLeague(league, tuple(defects), Verdicts(scan_counts, plan.config))


class ProcessLeague:
    """A cache of the current league of this process.

    Every shard of a run receives the same league-wide batches. The first one decodes them; the others, in any thread,
    share the result and the facts computed from it. One league is kept at a time, for equal rows of the same run:
    another run replaces it and shares nothing with it.
    """

    def __init__(self) -> None:
        self._held: tuple[Content, DecodedLeague] | None = None
        self._lock = threading.Lock()
        # A fork may happen while another thread holds the lock, which then is never released in the child.
        os.register_at_fork(after_in_child=self._forget)

    def get(self, plan: Plan, scan_counts: ScanCounts, batches: Iterable[TableBatch]) -> DecodedLeague:
        """Return the league of a run's league-wide batches."""
        digested = sorted(((_digest(scanned), scanned) for scanned in batches), key=_by_digest)
        content = (plan.run.run_id, tuple(digest for digest, _ in digested))
        # The lock is held while decoding, so that other threads wait for the same league instead of decoding it again.
        with self._lock:
            if self._held is None or self._held[0] != content or not _is_of(self._held[1].league, plan, scan_counts):
                self._held = None
                self._held = (content, decode_league(plan, scan_counts, (scanned for _, scanned in digested)))
            return self._held[1]

    def release(self) -> None:
        """Release the memory; the next use decodes again."""
        with self._lock:
            self._held = None

    def _forget(self) -> None:
        self._lock = threading.Lock()


def _is_of(league: League, plan: Plan, scan_counts: ScanCounts) -> bool:
    return league.scan_counts == scan_counts and league.config == plan.config


def _digest(scanned: TableBatch) -> tuple[str, bytes]:
    """Return the identity of a batch: its table, and a digest of columns and values."""
    batch = scanned.batch
    content = hashlib.blake2b(batch.schema.serialize(), digest_size=16)
    content.update(batch.serialize())
    return scanned.table, content.digest()


def _by_digest(digested: tuple[tuple[str, bytes], TableBatch]) -> tuple[str, bytes]:
    return digested[0]


PROCESS_LEAGUE = ProcessLeague()
"""The cache of this process."""
