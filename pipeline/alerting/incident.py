"""An incident: what is wrong, from the check that finds it first to the check that finds it no more."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import orjson

FLAPPING_TIMES, FLAPPING_TIME = 3, timedelta(hours=6)
"""An incident that opens so often within this time is flapping, until it has stayed as it is for so long."""
MOST_PATHS = 20
"""Paths that an incident keeps."""
_MOST_TEXT = 1000
_PATIENCE = {"busy": timedelta(minutes=30)}
"""How long a trouble may last before it is told of: a run that publishes a date is one only when it does not end."""


class Severity(Enum):
    """How bad an incident is, in the words of Cloud Logging."""

    WARNING = "WARNING"
    """Something is held back or incomplete; what readers see is right."""
    ERROR = "ERROR"
    """Something is not made as it should be."""
    CRITICAL = "CRITICAL"
    """What readers see is wrong, or gone."""


KINDS = {
    "withheld": Severity.WARNING,
    "degraded": Severity.WARNING,
    "thin": Severity.WARNING,
    "incomplete": Severity.WARNING,
    "kept": Severity.WARNING,
    "busy": Severity.WARNING,
    "stray": Severity.WARNING,
    "unhealed": Severity.WARNING,
    "late": Severity.ERROR,
    "failed": Severity.ERROR,
    "unpublished": Severity.ERROR,
    "run": Severity.ERROR,
    "games": Severity.ERROR,
    "champion": Severity.CRITICAL,
    "missing": Severity.CRITICAL,
    "wrong": Severity.CRITICAL,
}
"""Every kind of trouble. ``stray`` is an object that should not be there; ``thin`` is a date that is published although
too few players came through; ``kept`` is a run whose date a newer one has; ``unhealed`` is a call for missing data that
had no answer; ``run`` is a run that published nothing.
"""


@dataclass(frozen=True)
class Trouble:
    """What a check finds of one kind, of one export type, on one date or for one entry of the schedule.

    Attributes:
        kind: One of :data:`KINDS`.
        types: The export type; several for a run as a whole, none for the tree as a whole.
        when: The date, ISO, or the entry of the schedule; empty for neither.
        what: What is wrong, in one line.
        fix: What to do about it.
        paths: The objects that it is about, the first ones.
        count: How many findings it stands for.
        quiet: The quiet hours of its schedule; empty for the usual ones.
    """

    kind: str
    types: tuple[str, ...]
    when: str
    what: str
    fix: str = ""
    paths: tuple[str, ...] = ()
    count: int = 1
    quiet: str = ""

    @property
    def id(self) -> str:
        """The identity: the same for every check that finds the same trouble."""
        identity = orjson.dumps([self.kind, sorted(self.types), self.when])
        return hashlib.blake2b(identity, digest_size=8).hexdigest()

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return KINDS[self.kind]


@dataclass(frozen=True)
class Incident:
    """A trouble over time, as it is kept in the control output.

    Attributes:
        trouble: What was found last.
        opened_at: When it was found first, ISO.
        recovered_at: When it was found no more, ISO; empty while it is open.
        openings: When it opened, ISO, as far as that matters for whether it is flapping.
        is_flapping: Messages about it wait until it stays as it is.
        told: The event of the last message about it that was delivered; empty for none.
        claim: Who sends its message.
        claimed_until: When that claim ends, ISO.
    """

    trouble: Trouble
    opened_at: str
    recovered_at: str = ""
    openings: tuple[str, ...] = ()
    is_flapping: bool = False
    told: str = ""
    claim: str = ""
    claimed_until: str = ""

    @property
    def id(self) -> str:
        """The identity of its trouble."""
        return self.trouble.id

    @property
    def is_open(self) -> bool:
        """Whether the last check that could find it did."""
        return not self.recovered_at

    @property
    def event(self) -> str:
        """What there is to tell: ``opened``, ``recovered`` or ``flapping``."""
        return "flapping" if self.is_flapping else "opened" if self.is_open else "recovered"

    @property
    def message_id(self) -> str:
        """Names its next message: a repetition has the same name."""
        return f"{self.id}-{re.sub('[^0-9T]', '', self.opened_at)[:15]}-{self.event}"

    def is_due(self, now: datetime) -> bool:
        """Whether there is a message to send, quiet hours aside."""
        patience = _PATIENCE.get(self.trouble.kind)
        if patience is not None and not self.told:
            return self.is_open and now - _instant(self.opened_at) >= patience
        return self.event != self.told

    def is_claimed(self, now: datetime) -> bool:
        """Whether some process is sending its message."""
        return bool(self.claim) and now < _instant(self.claimed_until)

    def found_again(self, trouble: Trouble, now: datetime) -> Incident:
        """Return it after a check that has found its trouble."""
        quiet = trouble.quiet or self.trouble.quiet
        same = replace(self, trouble=replace(trouble, quiet=quiet))
        if self.is_open:
            return same
        since = (now - FLAPPING_TIME).isoformat()
        openings = (*(opening for opening in self.openings if opening > since), now.isoformat())
        return replace(
            same,
            opened_at=now.isoformat(),
            recovered_at="",
            openings=openings,
            is_flapping=self.is_flapping or len(openings) >= FLAPPING_TIMES,
        )

    def found_no_more(self, now: datetime) -> Incident:
        """Return it after a check that could have found its trouble and has not."""
        return replace(self, recovered_at=now.isoformat()) if self.is_open else self

    def settled(self, now: datetime) -> Incident | None:
        """Return it without what is over: that it was flapping, or, as None, all of it."""
        changed = _instant(self.recovered_at or self.opened_at)
        if now - changed < FLAPPING_TIME:
            return self
        calm = replace(self, is_flapping=False, openings=self.openings[-1:])
        over = not calm.is_open and (calm.told == "recovered" or (not calm.told and calm.trouble.kind in _PATIENCE))
        return None if over else calm

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Incident:
        """Return what :meth:`to_json` gave.

        Raises:
            LookupError: A value is missing.
            TypeError: A value is of another type.
            ValueError: Its kind is unknown.
        """
        own, found = dict(told), dict(told["trouble"])
        if found["kind"] not in KINDS:
            raise ValueError(f"kind {found['kind']}")
        trouble = Trouble(**{key: _value(found[key]) for key in _names(Trouble) if key in found})
        del own["trouble"]
        return cls(trouble, **{key: _value(own[key]) for key in _names(cls) if key in own})


@dataclass(frozen=True)
class Check:
    """What a run or a verification has found, and what it would have found.

    Attributes:
        troubles: What it has found.
        covers: Whether it would have found the trouble of an incident: only then an incident without a finding is over.
    """

    troubles: Sequence[Trouble]
    covers: Callable[[Incident], bool]


def one_line(text: str) -> str:
    """Return a text on one line of limited length."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_TEXT else f"{line[: _MOST_TEXT - 1]}…"


def merged(troubles: Sequence[Trouble]) -> dict[str, Trouble]:
    """Return troubles by their identity; those of one identity become one, in the words of the first."""
    found: dict[str, Trouble] = {}
    for trouble in troubles:
        first = found.get(trouble.id)
        if first is None:
            found[trouble.id] = replace(trouble, what=one_line(trouble.what), fix=one_line(trouble.fix))
            continue
        paths = tuple(dict.fromkeys((*first.paths, *trouble.paths)))[:MOST_PATHS]
        found[trouble.id] = replace(first, paths=paths, count=first.count + trouble.count)
    return found


def _names(model: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(model))


def _value(told: Any) -> Any:
    return tuple(told) if isinstance(told, list) else told


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
