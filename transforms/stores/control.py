"""Two places behind one store: the public documents, and the control objects of operators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from transforms.stores.protocol import Store, StoredObject, StoreError
from transforms.stores.wrapped import WrappedStore

MANIFESTS, RUNS, FAILURES, LEASES, SIGNS_OF_LIFE = "manifest/", "runs/", "failures/", "open/", "alive/"
LETTERS, LEDGER, WATCH, HISTORY, ALERTS, HEALS = "letters/", "ledger/", "watch/", "history/", "alerts/", "heals/"
LAUNCHED, SHADOW, FALLBACKS = "launched/", "shadow/", "fallbacks/"
CONTROL = (
    MANIFESTS,
    RUNS,
    FAILURES,
    LEASES,
    SIGNS_OF_LIFE,
    LETTERS,
    LEDGER,
    WATCH,
    HISTORY,
    ALERTS,
    HEALS,
    LAUNCHED,
    SHADOW,
    FALLBACKS,
)
"""Prefixes of the objects that describe runs and messages: ids of models, names of tables, stack traces, what senders
sent; of documents that were replaced, and of those of models that are tried out. They are never public.
"""
LEAGUES = "leagues/"
"""Prefix of the trees of leagues other than the default one: each is a store of its own, in both places."""
KEPT_DAYS = 30
"""Days for which a document that was replaced is kept by default."""

PRIVATE = "it is the place of manifests, leases and failures, which are not public"
"""What an error of the private place says of it."""


def is_control(path: str) -> bool:
    """Whether an object is a control object."""
    return path.startswith(CONTROL)


@dataclass(frozen=True)
class ControlledStore(WrappedStore):
    """A store that keeps control objects apart from public ones.

    The prefix of a path decides its place, so a manifest or a stack trace cannot reach the public one by mistake.

    Attributes:
        public: Documents, pointers, schemas, ``status.json``.
        control: Everything below a prefix of :data:`CONTROL`.
        advice: How the private place is made, which an error of it ends with.
    """

    public: Store
    control: Store
    advice: str = ""

    @property
    def concurrency(self) -> int:
        """Useful number of writes in flight to the public place."""
        return self.public.concurrency

    def check(self) -> None:
        """Raise :class:`StoreError` when objects cannot be written to both places."""
        self.public.check()
        self.check_control()

    def check_control(self) -> None:
        """Raise :class:`StoreError` when objects cannot be written to the private place."""
        try:
            self.control.check()
        except StoreError as error:
            told = ("; ".join(filter(None, (problem, PRIVATE, self.advice))) for problem in error.problems)
            raise StoreError(*told) from error

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield the objects whose path starts with ``prefix``: those of the public place, unless it is one of control.

        Objects that an earlier release left below a control prefix of the public place are not listed.
        """
        if is_control(prefix):
            yield from self.control.list(prefix, recursive=recursive)
            return
        for found in self.public.list(prefix, recursive=recursive):
            if not is_control(found.path):
                yield found

    def now(self) -> datetime | None:
        """Return the time of the public place."""
        return self.public.now()

    def _holder(self, path: str) -> Store:
        return self.control if is_control(path) else self.public
