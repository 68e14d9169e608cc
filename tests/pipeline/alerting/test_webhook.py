"""The forms and limits of messages, and that the webhook's URL reaches nothing but the webhook."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import orjson
import pytest

from pipeline.alerting.incident import KINDS, Incident, Trouble
from pipeline.alerting.messages import (
    DISCORD_DESCRIPTION,
    DISCORD_EMBED,
    DISCORD_FIELD,
    DISCORD_TITLE,
    JSON_BYTES,
    SLACK_HEADER,
    SLACK_SECTION,
    SLACK_TEXT,
    message_of,
    service_of,
)
from pipeline.alerting.webhook import Webhook, WebhookError, read_secret
from tests.support.live_feed import FeedServer, status
from tests.support.webhooks import SECRET_PATH, Receiver, closed_port
from transforms.clients.retries import RetryPolicy

AT = datetime(2026, 2, 11, 17, 0, tzinfo=timezone.utc).isoformat()
TROUBLE = Trouble("withheld", ("predictions",), "2026-02-11", "withheld: 3 <of> 9 & more", "export it", ("a.json",))
OPEN = Incident(TROUBLE, AT, openings=(AT,))
OVER = replace(OPEN, recovered_at=AT)
FLAPPING = replace(OPEN, is_flapping=True)
SHORT = RetryPolicy(first=0.01, longest=0.02, total=0.2)
HUGE = Trouble("wrong", tuple(f"type-{n}" * 40 for n in range(300)), "é" * 900, "ü" * 99_000, "ß" * 99_000)
SERVICES = ("slack", "discord", "json")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as found:
        monkeypatch.setenv("ALERT_WEBHOOK", found.url)
        yield found


def sent(incident: Incident, service: str) -> Any:
    return orjson.loads(message_of(incident, service, output="gs://my-bucket/v1"))


class TestForms:
    @pytest.mark.parametrize(
        ("url", "service"),
        [
            ("https://hooks.slack.com/services/T0/B0/x", "slack"),
            ("https://discord.com/api/webhooks/1/x", "discord"),
            ("https://discordapp.com/api/webhooks/1/x", "discord"),
            ("https://alerts.example.com/slack.com", "json"),
            ("https://hooks.slack.com.example.com/x", "json"),
            ("https://notdiscord.com/x", "json"),
            ("http://localhost:8080/x", "json"),
        ],
    )
    def test_the_host_tells_the_service(self, url: str, service: str) -> None:
        assert service_of(url) == service

    def test_of_slack(self) -> None:
        message = sent(OPEN, "slack")
        assert message["text"].startswith("WARNING: predictions 2026-02-11 withheld\n")
        header, section, context = message["blocks"]
        assert header["text"] == {"type": "plain_text", "text": "WARNING: predictions 2026-02-11 withheld"}
        assert section["text"]["text"] == "withheld: 3 &lt;of&gt; 9 &amp; more\nTo do: export it"
        assert OPEN.message_id in context["elements"][0]["text"]

    def test_of_discord(self) -> None:
        message = sent(OVER, "discord")
        (embed,) = message["embeds"]
        assert embed["title"] == "RECOVERED: predictions 2026-02-11 withheld"
        assert "Open from 2026-02-11T17:00:00 to 2026-02-11T17:00:00 UTC." in embed["description"]
        assert {"name": "Incident", "value": OVER.message_id} in embed["fields"]
        assert message["allowed_mentions"] == {"parse": []}

    def test_of_json(self) -> None:
        message = sent(FLAPPING, "json")
        assert message["title"] == "FLAPPING: predictions 2026-02-11 withheld"
        assert message["incident_id"] == TROUBLE.id
        assert message["message_id"] == FLAPPING.message_id
        assert message["paths"] == ["a.json"]

    @pytest.mark.parametrize("incident", [OPEN, OVER, FLAPPING, Incident(HUGE, AT)], ids=str)
    @pytest.mark.parametrize("service", SERVICES)
    def test_every_message_has_its_id_and_keeps_the_limits(self, incident: Incident, service: str) -> None:
        body = message_of(incident, service, output="gs://" + "b" * 5000)
        message = orjson.loads(body)
        if service == "slack":
            header, section, context = message["blocks"]
            assert len(message["text"]) <= SLACK_TEXT
            assert 0 < len(header["text"]["text"]) <= SLACK_HEADER
            assert 0 < len(section["text"]["text"]) <= SLACK_SECTION
            assert 0 < len(context["elements"][0]["text"]) <= SLACK_SECTION
        elif service == "discord":
            (embed,) = message["embeds"]
            assert 0 < len(embed["title"]) <= DISCORD_TITLE
            assert 0 < len(embed["description"]) <= DISCORD_DESCRIPTION
            assert all(0 < len(field["value"]) <= DISCORD_FIELD for field in embed["fields"])
            texts = [embed["title"], embed["description"]]
            texts += [text for field in embed["fields"] for text in (field["name"], field["value"])]
            assert sum(map(len, texts)) <= DISCORD_EMBED
        else:
            assert len(body) <= JSON_BYTES
        if len(incident.trouble.types) == 1:
            assert incident.message_id in body.decode()

    def test_every_kind_has_a_message(self) -> None:
        for kind in KINDS:
            assert sent(Incident(replace(TROUBLE, kind=kind), AT), "json")["kind"] == kind


class TestSecret:
    def test_no_failure_and_no_log_line_names_the_url(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        hook, told = Webhook("env:ALERT_WEBHOOK", patience=SHORT), []
        told.append(hook.send({"a": OPEN})[1])
        for answers in ([404], [503] * 200, [302]):
            receiver.answers, receiver.location = list(answers), receiver.url
            told.append(hook.send({"a": OPEN})[1])
            assert told[-1], answers
            receiver.answers = []
        with closed_port() as url:
            monkeypatch.setenv("ALERT_WEBHOOK", url)
            told.append(hook.send({"a": OPEN})[1])
        monkeypatch.setenv("ALERT_WEBHOOK", f"ftp://host{SECRET_PATH}")
        told.append(hook.send({"a": OPEN})[1])
        monkeypatch.setenv("ALERT_WEBHOOK", f"https://host .example{SECRET_PATH}")
        told.append(hook.send({"a": OPEN})[1])
        for text in (*told, caplog.text, repr(hook)):
            assert "SECRET" not in text
            assert "hush" not in text
            assert receiver.root.removeprefix("http://") not in text
        assert all(told[1:])

    def test_the_clients_log_is_left_on_for_others(self, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        Webhook("env:ALERT_WEBHOOK").send({"a": OPEN})
        logging.getLogger("urllib3.connectionpool").debug("of another")
        assert "of another" in caplog.text

    def test_a_redirect_is_not_followed(self, receiver: Receiver) -> None:
        with Receiver() as other:
            for status in (301, 302, 307, 308):
                receiver.answers, receiver.location = [status], f"{other.root}/elsewhere"
                delivered, reason = Webhook("env:ALERT_WEBHOOK", patience=SHORT).send({"a": OPEN})
                assert delivered == []
                assert str(status) in reason
            assert other.paths == []

    def test_it_is_read_from_secret_manager(self) -> None:
        version = "projects/p/secrets/alerts/versions/latest"
        url = f"https://hooks.slack.com{SECRET_PATH}"
        body = orjson.dumps({"payload": {"data": b64encode(url.encode()).decode()}})
        with FeedServer(lambda handler: handler.reply(200, body)) as server:
            assert read_secret(f"secret:{version}", endpoint=server.url) == url
            assert [path.partition("?")[0] for path in server.paths] == [f"/v1/{version}:access"]

    def test_a_secret_that_cannot_be_read_is_named(self) -> None:
        with FeedServer(status(403)) as server, pytest.raises(WebhookError, match="secretAccessor"):
            read_secret("secret:projects/p/secrets/alerts/versions/1", endpoint=server.url)

    def test_a_variable_that_is_not_set_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("ALERT_WEBHOOK", raising=False)
        with pytest.raises(WebhookError, match="the environment variable ALERT_WEBHOOK is not set"):
            read_secret("env:ALERT_WEBHOOK")

    @pytest.mark.parametrize("url", ["http://example.com/x", "https://user@example.com/x", "hooks.slack.com/x", "x"])
    def test_it_is_only_sent_over_an_encrypted_connection_or_to_this_machine(
        self, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("ALERT_WEBHOOK", url)
        delivered, reason = Webhook("env:ALERT_WEBHOOK").send({"a": OPEN})
        assert (delivered, reason) == ([], "what env:ALERT_WEBHOOK holds is no https:// URL; correct it")
