"""The completion event: the outcome of a request (contract: operations §5).

One JSON object per request, batch or streamed. The keys of the reference come first, with the same
meaning. New keys follow (the resolved date, counts per type, object generations, code version), and failed and rejected
requests have events, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import orjson

from exporters.declaration import Grain
from exporters.registry import PLAYER_TYPES
from pipeline.reporting.report import is_of, summarize
from transforms.elements.plan import Plan
from transforms.publishing.manifest import manifest_path

PROCESSOR = "Phase6Export"
PHASE = "phase_6_publishing"
MAX_EVENT_BYTES = 512 * 1024
"""Pub/Sub accepts ten million bytes; a longer event only repeats the manifests."""
_PUBLISH_SECONDS = 30.0
_ATTRIBUTES = ("status", "target_date", "trigger_source", "correlation_id", "run_id", "league")
_ATTRIBUTE_CHARACTERS = 200
"""An attribute may have 1,024 bytes, and a character four of them."""

Event = dict[str, Any]


def completed(
    plan: Plan, output: str, manifests: Mapping[str, Mapping[str, Any] | None], *, finished: datetime
) -> Event:
    """Return the event of a finished run, made from its summary.

    Args:
        plan: The plan of the run.
        output: Where it published, as the command line names it.
        manifests: ISO date to the manifest that the run wrote; None where it wrote none.
        finished: When it ended.
    """
    summary = summarize(plan, output, manifests)
    mine = [
        (day, name, section)
        for day, manifest in manifests.items()
        if manifest is not None
        for name, section in manifest["exports"].items()
        if is_of(section, plan.run)
    ]
    event = run_event(plan, summary.status, finished=finished, errors=summary.missing)
    event["paths"] = _paths(plan, output, mine)
    event["exports"] = {
        name: {
            "states": {day: section["state"] for day, of, section in mine if of == name},
            **{key: value for key, value in vars(export).items() if key != "seconds"},
            "counts": _added_up(section["counts"] for _, of, section in mine if of == name),
            "seconds": round(export.seconds, 3),
        }
        for name, export in summary.exports.items()
    }
    event["withheld"] = [
        {"date": day, "export_type": name, "reason": section["reason"]}
        for day, name, section in mine
        if section["state"] == "withheld"
    ]
    event["degraded"] = [
        {"date": day, "reason": reason}
        for day, manifest in manifests.items()
        if manifest is not None and is_of(manifest["run"], plan.run)
        for reason in manifest["funnel"]["degraded"]
    ]
    event["generations"] = {path: made for _, _, section in mine for path, made in section["generations"].items()}
    return abridged(event)


def run_event(plan: Plan, status: str, *, finished: datetime, errors: Sequence[str] = ()) -> Event:
    """Return the event of a run whose documents are unknown.

    Args:
        plan: The plan of the run.
        status: Its outcome.
        finished: When it ended.
        errors: One line each.
    """
    run = plan.run
    started = datetime.fromisoformat(run.started_at or run.generated_at)
    return {
        **_reference_keys(
            run.correlation_id,
            status,
            finished=finished,
            export_type="players" if set(plan.export_types) & set(PLAYER_TYPES) else "daily",
            seconds=(finished - started).total_seconds(),
            errors=errors,
            trigger_source=run.trigger_source,
            target_date=plan.dates[-1].isoformat(),
            export_types=plan.export_types,
        ),
        "run_id": run.run_id,
        **plan.told_league,
        **run.order.metadata(),
        "dates": [plan.dates[0].isoformat(), plan.dates[-1].isoformat()],
        "generated_at": run.generated_at,
        "champion_system_id": plan.config.champion_system_id,
        "champion_fallback_for": plan.fallback_for or None,
        "code_version": run.code_version,
        "commit": run.commit,
        "lock": run.lock,
        "exports": {},
        "withheld": [],
        "degraded": [],
        "generations": {},
        "manifests": [manifest_path(day) for day in plan.dates],
    }


def not_run_event(
    status: str,
    reason: str,
    *,
    finished: datetime,
    correlation_id: str = "",
    trigger_source: str = "",
    errors: Sequence[str] = (),
    **more: Any,
) -> Event:
    """Return the event of a message that started no run here: ``rejected``, ``dropped``, ``duplicate``, ``launched``.

    Args:
        status: Its outcome.
        reason: Why, in one line.
        finished: When that was decided.
        correlation_id: That of the request, as far as it is known.
        trigger_source: Likewise.
        errors: One line each.
        more: Keys that only this status has.
    """
    return {
        **_reference_keys(
            correlation_id,
            status,
            finished=finished,
            export_type="daily",
            seconds=0.0,
            errors=errors,
            trigger_source=trigger_source,
            target_date=None,
            export_types=(),
        ),
        "reason": reason,
        **more,
    }


def _reference_keys(
    correlation_id: str,
    status: str,
    *,
    finished: datetime,
    export_type: str,
    seconds: float,
    errors: Sequence[str],
    trigger_source: str,
    target_date: str | None,
    export_types: Sequence[str],
) -> Event:
    return {
        "processor_name": PROCESSOR,
        "phase": PHASE,
        "correlation_id": correlation_id,
        "timestamp": finished.astimezone(timezone.utc).isoformat(),
        "status": status,
        "export_type": export_type,
        "duration_seconds": round(seconds, 2),
        "paths": {},
        "errors": list(errors),
        "trigger_source": trigger_source,
        "target_date": target_date,
        "export_types": list(export_types),
    }


def _paths(plan: Plan, output: str, mine: Iterable[tuple[str, str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the addresses of what is published, by export type: a list where each player or date has its own."""
    by_type: dict[str, list[str]] = {}
    for _, name, section in mine:
        by_type.setdefault(name, []).extend(f"{output}/{path}" for path in section["documents"])
    players = {export.name for export in plan.exports if export.grain is Grain.PLAYER}
    return {
        name.replace("-", "_"): sorted(found) if name in players or len(found) > 1 else found[0]
        for name, found in by_type.items()
        if found
    }


def _added_up(counted: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in counted:
        for key, value in counts.items():
            total[key] = total.get(key, 0) + value
    return total


def abridged(event: Event) -> Event:
    """Return an event that is short enough to be sent: long lists become their length; manifests have the rest."""
    if len(orjson.dumps(event)) <= MAX_EVENT_BYTES:
        return event
    return {
        **event,
        "paths": {name: found if isinstance(found, str) else len(found) for name, found in event["paths"].items()},
        "errors": [
            *event["errors"][:100],
            *([f"and {len(event['errors']) - 100} more"] if event["errors"][100:] else []),
        ],
        "withheld": event["withheld"][:100],
        "generations": {},
        "abridged": True,
    }


def attributes_of(event: Event) -> dict[str, str]:
    """Return the attributes of the message that carries an event: what subscriptions filter by."""
    return {key: str(event[key])[:_ATTRIBUTE_CHARACTERS] for key in _ATTRIBUTES if event.get(key)}


def publish_event(topic: str, event: Event) -> None:
    """Publish an event outside of a graph.

    Args:
        topic: ``projects/PROJECT/topics/TOPIC``.
        event: The event.

    Raises:
        Exception: It was not published.
    """
    # Most runs publish no event, and the client is slow to import.
    from google.cloud import pubsub_v1

    published = pubsub_v1.PublisherClient().publish(topic, orjson.dumps(event), **attributes_of(event))
    published.result(_PUBLISH_SECONDS)
