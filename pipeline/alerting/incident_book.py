"""The incidents in the control output: one object, changed by compare-and-set, so that two runs at once agree on it."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from pipeline.alerting.incident import Check, Incident, merged
from transforms.publishing.lease import CONTROL_CACHE
from transforms.stores.control import ALERTS
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoreError

BOOK_PATH = f"{ALERTS}incidents.json"
CLAIM_TIME = timedelta(minutes=5)
"""After so long, a process that sends messages counts as gone: another one sends them, perhaps again."""
_VERSION = 1
_ATTEMPTS = 20

Incidents = dict[str, Incident]


@dataclass(frozen=True)
class IncidentBook:
    """The incidents of a published tree.

    Attributes:
        store: Where they are kept.
        sleep: Waits for some seconds.
    """

    store: Store
    sleep: Callable[[float], None] = time.sleep

    def read(self) -> Incidents:
        """Return the incidents by id.

        Raises:
            StoreError: They cannot be read.
        """
        return self._load()[0]

    def record(self, check: Check, now: datetime) -> Incidents:
        """Add what a check has found, and return the incidents that opened or recovered with it.

        Raises:
            StoreError: They cannot be read or written.
        """
        found = merged(check.troubles)

        def change(known: Incidents) -> Incidents:
            after: Incidents = {}
            for name, incident in known.items():
                if name in found:
                    incident = incident.found_again(found[name], now)
                elif check.covers(incident):
                    incident = incident.found_no_more(now)
                settled = incident.settled(now)
                if settled is not None:
                    after[name] = settled
            for name, trouble in found.items():
                if name not in after:
                    instant = now.isoformat()
                    after[name] = Incident(trouble, instant, openings=(instant,))
            return after

        before, after = self._change(change)
        return {
            name: incident
            for name, incident in after.items()
            if name not in before or before[name].is_open != incident.is_open
        }

    def claim(self, now: datetime, is_quiet: Callable[[Incident], bool]) -> Incidents:
        """Take the messages that are to be sent now, so that no other process sends them.

        Raises:
            StoreError: They cannot be read or written.
        """
        mine = secrets.token_hex(8)

        def change(known: Incidents) -> Incidents:
            until = (now + CLAIM_TIME).isoformat()
            return {
                name: replace(incident, claim=mine, claimed_until=until)
                if incident.is_due(now) and not incident.is_claimed(now) and not is_quiet(incident)
                else incident
                for name, incident in known.items()
            }

        _, after = self._change(change)
        return {name: incident for name, incident in after.items() if incident.claim == mine}

    def give_back(self, claimed: Mapping[str, Incident], delivered: Iterable[str]) -> None:
        """Note which of the taken messages were delivered; the others may be sent by anybody.

        Raises:
            StoreError: They cannot be read or written.
        """
        sent = set(delivered)

        def change(known: Incidents) -> Incidents:
            after = dict(known)
            for name, taken in claimed.items():
                incident = known.get(name)
                if incident is None:
                    continue
                told = taken.event if name in sent else incident.told
                is_mine = incident.claim == taken.claim
                after[name] = replace(
                    incident,
                    told=told,
                    claim="" if is_mine else incident.claim,
                    claimed_until="" if is_mine else incident.claimed_until,
                )
            return after

        self._change(change)

    def _change(self, change: Callable[[Incidents], Incidents]) -> tuple[Incidents, Incidents]:
        """Replace the incidents, and return them as they were and as they are."""
        for attempt in range(_ATTEMPTS):
            before, generation = self._load()
            after = change(before)
            if after == before:
                return before, after
            content = {"version": _VERSION, "incidents": [after[name].to_json() for name in sorted(after)]}
            try:
                self.store.write(
                    BOOK_PATH, orjson.dumps(content), cache_control=CONTROL_CACHE, if_generation=generation
                )
            except GenerationMismatch:
                self.sleep(random.uniform(0.0, 0.05 * (attempt + 1)))
            else:
                return before, after
        raise StoreError(f"{BOOK_PATH} is being changed by too many others; it is changed by the next check")

    def _load(self) -> tuple[Incidents, int]:
        found = self.store.read(BOOK_PATH)
        if found is None:
            return {}, ABSENT
        content, shown = found
        try:
            incidents = map(Incident.read, orjson.loads(content)["incidents"])
            return {incident.id: incident for incident in incidents}, shown.generation
        except (LookupError, TypeError, ValueError):
            # What is wrong is found again by the next check; an unreadable object would silence all of them.
            return {}, shown.generation


def open_incidents(store: Store) -> Sequence[Incident]:
    """Return the incidents that are open; none where they cannot be read."""
    try:
        return [incident for incident in IncidentBook(store).read().values() if incident.is_open]
    except StoreError:
        return ()
