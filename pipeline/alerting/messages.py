"""What is sent to a webhook: one message for each incident, in the form of its service and within its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from pipeline.alerting.incident import FLAPPING_TIME, Incident, Severity

SLACK, DISCORD, JSON = "slack", "discord", "json"
SLACK_TEXT, SLACK_SECTION, SLACK_HEADER = 40_000, 3_000, 150
"""Characters that Slack takes: of a message's text, of a section, of a header."""
DISCORD_TITLE, DISCORD_DESCRIPTION, DISCORD_FIELD, DISCORD_EMBED = 256, 4_096, 1_024, 6_000
"""Characters that Discord takes: of an embed's title, description and fields, and of all of them together."""
JSON_BYTES = 64 * 1024
"""Bytes of a message in plain JSON; most services take more."""
_COLOURS = {Severity.WARNING: 0xE0A800, Severity.ERROR: 0xD9480F, Severity.CRITICAL: 0xC92A2A}
_RECOVERED_COLOUR = 0x2B8A3E
_MOST_TYPES, _MOST_PATHS = 5, 5


def service_of(url: str) -> str:
    """Return the service that a webhook belongs to, by its host."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host == "hooks.slack.com" or host.endswith(".slack.com"):
        return SLACK
    if host in ("discord.com", "discordapp.com") or host.endswith((".discord.com", ".discordapp.com")):
        return DISCORD
    return JSON


def message_of(incident: Incident, service: str, *, output: str = "") -> bytes:
    """Return the body of an incident's message.

    Args:
        incident: The incident.
        service: ``slack``, ``discord`` or ``json``.
        output: The published tree, as the command line names it.
    """
    return orjson.dumps(_FORMS[service](incident, output))


def title_of(incident: Incident) -> str:
    """Return the first line of a message."""
    word = {"opened": incident.trouble.severity.value, "recovered": "RECOVERED", "flapping": "FLAPPING"}[incident.event]
    return f"{word}: {subject_of(incident)} {incident.trouble.kind}"


def subject_of(incident: Incident) -> str:
    """Return what an incident is about: export types, and the date or the entry of the schedule."""
    types = incident.trouble.types
    shown = ", ".join(types[:_MOST_TYPES]) + (f" and {len(types) - _MOST_TYPES} more" if types[_MOST_TYPES:] else "")
    return " ".join(filter(None, (shown or "the tree", incident.trouble.when)))


def _lines(incident: Incident) -> list[str]:
    trouble = incident.trouble
    more = f" (and {trouble.count - 1} more)" if trouble.count > 1 else ""
    lines = [f"{trouble.what}{more}"]
    if incident.event == "flapping":
        hours = FLAPPING_TIME.total_seconds() / 3600
        lines.append(f"It opened {len(incident.openings)} times within {hours:.0f} hours: no message until it stays.")
    elif incident.event == "recovered":
        lines.append(f"Open from {incident.opened_at[:19]} to {incident.recovered_at[:19]} UTC.")
    elif trouble.fix:
        lines.append(f"To do: {trouble.fix}")
    return lines


def _as_slack(incident: Incident, output: str) -> dict[str, Any]:
    title, text = title_of(incident), "\n".join(_escaped(line) for line in _lines(incident))
    foot = " · ".join(filter(None, (f"incident {incident.message_id}", output)))
    return {
        "text": _cut(f"{_escaped(title)}\n{text}", SLACK_TEXT),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": _cut(title, SLACK_HEADER)}},
            {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, SLACK_SECTION)}},
            {"type": "context", "elements": [{"type": "plain_text", "text": _cut(foot, SLACK_SECTION)}]},
        ],
    }


def _as_discord(incident: Incident, output: str) -> dict[str, Any]:
    is_over = incident.event == "recovered"
    fields = {"Incident": incident.message_id, "Output": output}
    embed: dict[str, Any] = {
        "title": _cut(title_of(incident), DISCORD_TITLE),
        "color": _RECOVERED_COLOUR if is_over else _COLOURS[incident.trouble.severity],
        "timestamp": incident.recovered_at or incident.opened_at,
        "fields": [{"name": name, "value": _cut(value, DISCORD_FIELD)} for name, value in fields.items() if value],
    }
    used = len(embed["title"]) + sum(len(field["name"]) + len(field["value"]) for field in embed["fields"])
    embed["description"] = _cut("\n".join(_lines(incident)), min(DISCORD_DESCRIPTION, DISCORD_EMBED - used))
    # A name in a finding is none of somebody to be called.
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _as_json(incident: Incident, output: str) -> dict[str, Any]:
    trouble = incident.trouble
    message: dict[str, Any] = {
        "version": 1,
        "event": incident.event,
        "message_id": incident.message_id,
        "incident_id": incident.id,
        "severity": trouble.severity.value,
        "kind": trouble.kind,
        "export_types": list(trouble.types),
        "when": trouble.when,
        "title": title_of(incident),
        "what": trouble.what,
        "fix": trouble.fix,
        "findings": trouble.count,
        "paths": list(trouble.paths[:_MOST_PATHS]),
        "opened_at": incident.opened_at,
        "recovered_at": incident.recovered_at or None,
        "output": output,
    }
    if len(orjson.dumps(message)) > JSON_BYTES:
        most = JSON_BYTES // 32
        message |= {"paths": [], "what": _cut(trouble.what, most), "fix": _cut(trouble.fix, most)}
        message |= {"export_types": message["export_types"][:100], "output": _cut(output, most)}
    return message


_FORMS: Mapping[str, Callable[[Incident, str], dict[str, Any]]] = {
    SLACK: _as_slack,
    DISCORD: _as_discord,
    JSON: _as_json,
}


def _escaped(text: str) -> str:
    """Return a text without what Slack takes for a link or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
