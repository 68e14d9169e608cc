"""The call for what upstream has not delivered: made when a stage of a date's funnel is empty, a few times.

The endpoint receives one JSON object, ``{"date", "stage", "players_before", "call", "calls"}``, with a bearer token.
How often it was called for a date and stage is kept in the control output, and is changed by compare-and-set before the
call: runs at once do not call more often together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3

from exporters.league.forecasts.funnel import PUBLISHED
from exporters.league.forecasts.rosters import READS
from exporters.registry import exports
from pipeline.alerting.incident import Trouble
from pipeline.alerting.log_lines import LogLines
from pipeline.alerting.webhook import WebhookError, read_secret
from transforms.clients.session import connection_pool
from transforms.publishing.lease import CONTROL_CACHE
from transforms.stores.control import HEALS
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoreError

GOOGLE = "google"
"""An ID token of this process's service account, for the endpoint as its audience."""
SECONDS = 10.0
"""After so long a call is left behind, its token included."""
_CALL_SECONDS = 5.0
_ATTEMPTS = 10
_FIX = "look at upstream's jobs, and export the date again once they have run"


@dataclass(frozen=True)
class EmptyStage:
    """A stage of a funnel that no player reaches.

    Attributes:
        day: The date, ISO.
        stage: The stage.
        before: Players of the stage before it, or games where it is the first.
    """

    day: str
    stage: str
    before: int


def empty_stage(day: str, manifest: Mapping[str, Any]) -> EmptyStage | None:
    """Return the first stage of a date that is empty; those after it are empty because of it.

    A stage of which no row was read is not counted. It is empty where the run reads its table and the warehouse has it.
    None where the date has no games, and where only what is published is missing, which is not upstream's.

    Args:
        day: The date, ISO.
        manifest: Its manifest, or what a run says of it.
    """
    funnel = manifest["funnel"]
    before = int(funnel.get("games") or 0)
    if not before or not _counts_funnel(manifest):
        return None
    absent = {(entry["table"], entry["column"]) for entry in manifest.get("absent", ())}
    for stage in funnel.get("stages", ()):
        name, players = stage["stage"], stage["players"]
        if name == PUBLISHED or (players is None and not _is_read(name, absent)):
            continue
        if not players:
            return EmptyStage(day, name, before)
        before = players
    return None


def _counts_funnel(manifest: Mapping[str, Any]) -> bool:
    """Whether the newest run of a manifest has a type whose gate counts the funnel: only such a run reads all of it."""
    newest = manifest["run"]["execution_id"]
    return any(
        name in exports() and exports()[name].gates and section["execution_id"] == newest
        for name, section in manifest["exports"].items()
    )


def _is_read(stage: str, absent: Collection[tuple[str, str | None]]) -> bool:
    """Whether a run that counts the funnel reads the rows of a stage, and the warehouse has what it reads."""
    read = READS.get(stage)
    if read is None:
        return False
    return not any((read.table.name, column) in absent for column in (None, *read.columns))


def id_token(audience: str) -> str:
    """Return an ID token of this process's service account."""
    import google.auth.transport.urllib3
    import google.oauth2.id_token

    request = google.auth.transport.urllib3.Request(connection_pool(audience, 1, direct=False))
    return str(google.oauth2.id_token.fetch_id_token(request, audience))


@dataclass(frozen=True)
class Healer:
    """Calls the endpoint.

    Attributes:
        store: Where calls are counted.
        url: The endpoint.
        auth: ``google``, or the place of a token: ``env:NAME`` or ``secret:VERSION``.
        calls: The most calls for a date and stage.
        log: Writes log lines; None where none are wanted.
        token: Returns Google's token for an audience.
        seconds: After so long a call is left behind.
    """

    store: Store
    url: str
    auth: str = GOOGLE
    calls: int = 3
    log: LogLines | None = None
    token: Callable[[str], str] = id_token
    seconds: float = SECONDS

    def heal(self, stages: Iterable[EmptyStage | None], since: date) -> list[Trouble]:
        """Call for the first empty stage of each date, and return what it did not help against; never raises.

        Args:
            stages: The empty stages; None for dates that have none.
            since: Dates before this one are over: upstream does not make them any more.
        """
        return list(self._each(stage for stage in stages if stage is not None and stage.day >= str(since)))

    def _each(self, stages: Iterable[EmptyStage]) -> Iterable[Trouble]:
        for stage in stages:
            what = f"no player reaches {stage.stage}, after {stage.before}"
            try:
                call = self._count(stage)
                if call > self.calls:
                    yield self._trouble(stage, f"{what}: {self.calls} calls did not help")
                    continue
                self._call(stage, call)
            except (StoreError, WebhookError) as error:
                yield self._trouble(stage, f"{what}, and the call for it failed: {error}")
            else:
                self._say("WARNING", stage, f"{what}: call {call} of {self.calls} was made")

    def _trouble(self, stage: EmptyStage, what: str) -> Trouble:
        self._say("ERROR", stage, what)
        return Trouble("unhealed", (), stage.day, what, _FIX)

    def _say(self, severity: str, stage: EmptyStage, message: str) -> None:
        if self.log is not None:
            self.log.heal(severity, f"{stage.day}: {message}", day=stage.day, stage=stage.stage)

    def _count(self, stage: EmptyStage) -> int:
        """Count a call before it is made, and return its number; those beyond the last one are not counted."""
        path = f"{HEALS}{stage.day}.json"
        for _ in range(_ATTEMPTS):
            found = self.store.read(path)
            counts, generation = ({}, ABSENT) if found is None else (_counts(found[0]), found[1].generation)
            call = counts.get(stage.stage, 0) + 1
            if call > self.calls:
                return call
            content = orjson.dumps({**counts, stage.stage: call}, option=orjson.OPT_SORT_KEYS)
            try:
                self.store.write(path, content, cache_control=CONTROL_CACHE, if_generation=generation)
            except GenerationMismatch:
                continue
            return call
        raise StoreError(f"{path} is being changed by too many others")

    def _call(self, stage: EmptyStage, call: int) -> None:
        """Make a call in a thread that is left behind when it takes too long.

        Raises:
            WebhookError: It failed.
        """
        told: list[str] = []
        thread = threading.Thread(target=partial(self._post, stage, call, told), daemon=True)
        thread.start()
        thread.join(self.seconds)
        if thread.is_alive():
            raise WebhookError(f"the endpoint has not answered in {self.seconds:.0f} s")
        if told:
            raise WebhookError(told[0])

    def _post(self, stage: EmptyStage, call: int, told: list[str]) -> None:
        body = {
            "date": stage.day,
            "stage": stage.stage,
            "players_before": stage.before,
            "call": call,
            "calls": self.calls,
        }
        parts = urlsplit(self.url)
        try:
            token = self.token(f"{parts.scheme}://{parts.netloc}") if self.auth == GOOGLE else read_secret(self.auth)
            pool = connection_pool(self.url, 1, direct=parts.hostname in ("localhost", "127.0.0.1"))
            answer = pool.request(
                "POST",
                self.url,
                body=orjson.dumps(body),
                headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
                timeout=urllib3.Timeout(_CALL_SECONDS, _CALL_SECONDS),
                retries=False,
                # Another host must not see the token.
                redirect=False,
            )
            if not 200 <= answer.status < 300:
                told.append(f"the endpoint answers {answer.status}")
        except WebhookError as error:
            told.append(str(error))
        except Exception as error:
            # The text of an error may hold the token.
            told.append(f"the endpoint does not answer: {type(error).__name__}")


def _counts(content: bytes) -> dict[str, int]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(stage): count for stage, count in found.items() if isinstance(count, int)}
