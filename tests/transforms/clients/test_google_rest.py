"""What the wire tests cannot show: credentials, and connections that are encrypted."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials

from transforms.clients.backoff import Backoff
from transforms.clients.google_rest import Answer, RestClient, RestError, RestSettings, find_credentials

HASTY = Backoff(0.001, 0.01, 0.05)


def test_credentials_that_are_missing_are_asked_for_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    with pytest.raises(RestError) as raised:
        find_credentials(anonymous=False)
    assert str(raised.value).startswith("Google credentials are missing or were refused (File ")
    assert str(raised.value).endswith("; run 'gcloud auth application-default login' or run as a service account")
    assert "\n" not in str(raised.value)


def test_an_emulator_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere")
    assert isinstance(find_credentials(anonymous=True), AnonymousCredentials)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_there(scheme: str) -> None:
    client = RestClient(RestSettings(f"{scheme}://127.0.0.1:9", True, 1, HASTY, "s"))
    with pytest.raises(RestError) as raised:
        client.request("GET", "/")
    assert f"{scheme}://127.0.0.1:9 does not answer (tried " in str(raised.value)
    assert str(raised.value).endswith("Connection refused); check the network and the endpoint")
    client.close()


@pytest.mark.parametrize(
    ("status", "body", "limited", "message"),
    [
        (429, b"", True, "429"),
        (403, b'{"error": {"message": "m", "errors": [{"reason": "rateLimitExceeded"}]}}', True, "403 m"),
        (403, b'{"error": {"message": "m\\nn", "errors": [{"reason": "forbidden"}]}}', False, "403 m n"),
        (403, b'{"error": {"message": "m", "errors": []}}', False, "403 m"),
        (403, b"[]", False, "403 []"),
        (500, b"<html>\n\xff", False, "500 <html> \ufffd"),
        (400, b'{"error": "invalid_grant"}', False, '400 {"error": "invalid_grant"}'),
    ],
)
def test_answers_of_every_shape(status: int, body: bytes, limited: bool, message: str) -> None:
    answer = Answer(status, body)
    assert (answer.rate_limited, answer.message) == (limited, message)
