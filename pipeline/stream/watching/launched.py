"""A batch job that the streaming job launches for a request, and its record in the control output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson

from pipeline.engines.following import Ended
from pipeline.requests.request import ExportRequest
from pipeline.stream.ledger import message_stem
from transforms.publishing.lease import CONTROL_CACHE
from transforms.stores.control import LAUNCHED
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store


class Launcher(Protocol):
    """Starts batch jobs, and tells what became of them."""

    def launch(self, request: ExportRequest, run_id: str) -> str:
        """Start the job of a request and return its name, which is the same for the same run.

        Raises:
            Exception: It was not started.
        """

    def ended(self, job: str) -> Ended | None:
        """Return how the newest job of a name ended, or its state while it goes on; None where there is none.

        Raises:
            Exception: Nobody knows.
        """


@dataclass(frozen=True)
class LaunchedJob:
    """A job that was launched for a request.

    Attributes:
        job: Its name.
        run_id: The run that it carries out.
        request: The request, in its JSON form.
        message_id: The message that asked for it.
        launched_at: When, with its offset.
        launches: How often the request was launched, this time included.
    """

    job: str
    run_id: str
    request: Mapping[str, Any]
    message_id: str
    launched_at: str
    launches: int = 1

    @property
    def path(self) -> str:
        """The control object that tells of it."""
        return f"{LAUNCHED}{self.run_id}-{self.launches}.json"

    @property
    def stem(self) -> str:
        """The entries in the ledger of the event of its failure."""
        return message_stem(f"launched-{self.run_id}-{self.launches}", datetime.fromisoformat(self.launched_at))

    def enter(self, store: Store) -> None:
        """Record it; a request that is answered again after its worker ended has a record already."""
        try:
            store.write(self.path, orjson.dumps(vars(self)), cache_control=CONTROL_CACHE, if_generation=ABSENT)
        except GenerationMismatch:
            return
