"""What the wire tests cannot show: credentials, and connections that are encrypted."""

from __future__ import annotations

from pathlib import Path

import pytest
import urllib3
from google.auth.credentials import AnonymousCredentials

from transforms.clients.retries import Outage, reason_of
from transforms.clients.session import CredentialsError, PooledSession, find_credentials


def test_credentials_that_are_missing_are_asked_for_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    with pytest.raises(CredentialsError) as raised:
        find_credentials(anonymous=False)
    assert str(raised.value).startswith("Google credentials are missing or were refused (File ")
    assert str(raised.value).endswith("; run 'gcloud auth application-default login' or run as a service account")
    assert "\n" not in str(raised.value)


def test_an_emulator_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere")
    assert isinstance(find_credentials(anonymous=True), AnonymousCredentials)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_closed_port_is_told_without_the_objects_of_the_library(scheme: str) -> None:
    session = PooledSession(f"{scheme}://127.0.0.1:9", 1, anonymous=True, outage=Outage(1.0))
    with pytest.raises(urllib3.exceptions.HTTPError) as raised:
        session.request("GET", f"{scheme}://127.0.0.1:9/")
    assert reason_of(raised.value).endswith("Connection refused")
    assert "object at" not in reason_of(raised.value)
    session.close()
