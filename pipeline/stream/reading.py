"""Reads messages: each becomes a request, or ends here. Both are entered in the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from apache_beam.metrics import Metrics

from pipeline.reporting.completion import Event, not_run_event
from pipeline.stream.answering import Output, event_message
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.lanes import lane_of
from pipeline.stream.ledger import ANSWERED, End, Ledger, message_stem
from pipeline.stream.messages import Asked, Grammar, Message, Rejected, read_message
from pipeline.stream.upstream import Dropped
from pipeline.stream.watching.games import utc_now


@dataclass(frozen=True)
class MessageReader:
    """Turns messages into requests.

    Attributes:
        grammar: What messages may say.
        letters: Keeps what is rejected.
        ledger: Where each message is entered, and the end of one that becomes no request as well.
    """

    grammar: Grammar
    letters: DeadLetters
    ledger: Ledger

    def read(self, received: Message) -> Asked | Output | None:
        """Return the request of a message, or what is published of one that has none; None where that went out."""
        found = read_message(received, self.grammar)
        stem = message_stem(received.message_id, received.published)
        if isinstance(found, Asked):
            again = self.ledger.receive(stem, lane=lane_of(found.request), **asdict(found))
            return replace(found, redelivered=again)
        self.ledger.receive(stem, message_id=received.message_id)
        end = self.ledger.close(stem, self._refused(received, found))
        return None if end is None or end.event is None else Output(stem, end.event, end.letter)

    def _refused(self, received: Message, found: Dropped | Rejected) -> End:
        """Return the end of a message that becomes no request."""
        if isinstance(found, Rejected):
            Metrics.counter("messages", "dead_letters").inc()
            letter = self.letters.letter(received, found, utc_now())
            return End(ANSWERED, event_message(_rejection(found, received)), letter)
        Metrics.counter("dropped", found.reason).inc()
        event = not_run_event(
            "dropped",
            found.detail,
            finished=utc_now(),
            correlation_id=found.correlation_id,
            message_id=received.message_id,
        )
        return End(ANSWERED, event_message(event))


def _rejection(found: Rejected, message: Message) -> Event:
    return not_run_event(
        "rejected",
        "the message is not understood; it is in the dead-letter topic",
        finished=utc_now(),
        correlation_id=found.correlation_id,
        trigger_source=found.trigger_source,
        errors=list(map(str, found.problems)),
        message_id=message.message_id,
    )
