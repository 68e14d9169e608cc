"""What becomes of a check: log lines, incidents, and the messages about them. Nothing here makes a run fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Protocol

from pipeline.alerting.heal import EmptyStage, Healer
from pipeline.alerting.incident import Check, Incident, Severity, Trouble, merged
from pipeline.alerting.incident_book import IncidentBook
from pipeline.alerting.log_lines import LogLines
from pipeline.alerting.quiet_hours import QuietHours
from pipeline.alerting.webhook import Webhook
from pipeline.options.alert_options import AlertOptions
from pipeline.reporting.terminal import complain
from transforms.stores.protocol import Store


class Sender(Protocol):
    """Delivers messages."""

    def send(self, incidents: dict[str, Incident]) -> tuple[list[str], str]:
        """Return the ids of the incidents whose messages were delivered, and why others were not; never raises."""


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Alerts:
    """The alerts of a published tree.

    Attributes:
        store: Its place, with the control output.
        sender: Delivers messages; None where no webhook is given.
        log: Writes log lines; None where none are wanted.
        quiet: The usual quiet hours; None for none.
        clock: The current instant.
    """

    store: Store
    sender: Sender | None = None
    log: LogLines | None = None
    quiet: QuietHours | None = None
    clock: Callable[[], datetime] = _utc_now

    @classmethod
    def of(cls, options: AlertOptions, store: Store, *, output: str) -> Alerts:
        """Return the alerts that options describe.

        Args:
            options: The options.
            store: The published tree, with its control output.
            output: The same, as the command line names it.
        """
        service = "" if options.alert_format == "auto" else options.alert_format
        return cls(
            store,
            Webhook(options.alert_webhook, service, output) if options.alert_webhook else None,
            LogLines() if options.structured_logs else None,
            QuietHours.read(options.quiet_hours),
        )

    def heal(self, options: AlertOptions, stages: Iterable[EmptyStage | None], since: date) -> list[Trouble]:
        """Call for what upstream has not delivered, where that is wanted; never raises. See :meth:`Healer.heal`."""
        if not options.heal_url:
            return []
        healer = Healer(self.store, options.heal_url, options.heal_auth, options.heal_calls, self.log)
        try:
            troubles = healer.heal(stages, since)
        except Exception as error:
            # No manifest and no store is worth a run.
            self._failed(f"nothing was called for: {type(error).__name__}: {error}")
            return []
        if self.log is None:
            for trouble in troubles:
                complain(f"{trouble.when}: {trouble.what}")
        return troubles

    def report(self, check: Check) -> None:
        """Log what a check has found, keep it as incidents, and send what is to be sent now.

        Incidents are kept only where a webhook is given or log lines are wanted. Whatever fails is printed, and is made
        up for by the next check.
        """
        try:
            self._report(check)
        except Exception as error:
            # A store, a clock, a webhook: none of them is worth a run.
            self._failed(f"{type(error).__name__}: {error}")

    def _report(self, check: Check) -> None:
        if self.log is not None:
            for trouble in merged(check.troubles).values():
                self.log.finding(trouble)
        if self.log is None and self.sender is None:
            return
        book = IncidentBook(self.store)
        changed = book.record(check, self.clock())
        if self.log is not None:
            for incident in changed.values():
                self.log.incident(incident)
        if self.sender is not None:
            self._send(book, self.sender)

    def _send(self, book: IncidentBook, sender: Sender) -> None:
        now = self.clock()
        claimed = book.claim(now, lambda incident: self._is_quiet(incident, now))
        if not claimed:
            return
        delivered: list[str] = []
        reason = ""
        try:
            delivered, reason = sender.send(claimed)
        finally:
            book.give_back(claimed, delivered)
        if reason:
            self._failed(reason)

    def _is_quiet(self, incident: Incident, now: datetime) -> bool:
        if incident.trouble.severity is Severity.CRITICAL and incident.event != "recovered":
            return False
        hours = QuietHours.read(incident.trouble.quiet) or self.quiet
        return hours is not None and hours.contain(now)

    def _failed(self, reason: str) -> None:
        if self.log is not None:
            self.log.alerts_failed(reason)
        else:
            complain(f"alerts: messages were not delivered, and are sent by the next check: {reason}")
