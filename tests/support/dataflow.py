"""A Dataflow API on a local port: takes jobs, starts templates, and plays the states that a test scripts."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


@dataclass
class FakeDataflow:
    """The answers of the API and the requests that it received.

    Attributes:
        states: Answers to questions for the job, in turn; the last one stays. A number is an HTTP error.
        messages: What the job has said.
        refusal: HTTP status and message of a launch that is refused.
        launches: Bodies of launches that were posted.
        jobs: Bodies of jobs that were posted.
        paths: Everything that was asked for, without the query.
        endpoint: Where it answers.
        carry_out: Runs a job that was posted, while its state is running; what it raises fails the job.
    """

    states: Sequence[str | int] = ("JOB_STATE_DONE",)
    messages: Sequence[dict[str, str]] = ()
    refusal: tuple[int, str] | None = None
    launches: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    endpoint: str = ""
    carry_out: Callable[[dict[str, Any]], None] | None = None

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Return the HTTP status and body of one call."""
        self.paths.append(path)
        if path.endswith("/flexTemplates:launch"):
            if self.refusal is not None:
                return _error(*self.refusal)
            self.launches.append(json.loads(body))
            return 200, {"job": {"id": "job-1"}}
        if body and path.endswith("/jobs"):
            job = json.loads(body)
            self.jobs.append(job)
            if self.carry_out is not None:
                self.states = ("JOB_STATE_RUNNING",)
                Thread(target=self._run, args=(self.carry_out, job)).start()
            return 200, {**{key: job[key] for key in ("name", "clientRequestId")}, "id": "job-1"}
        if path == "/token":
            return 200, {"access_token": "token", "expires_in": 3600, "token_type": "Bearer"}
        if path.endswith("/jobs"):
            asked = sum(each.endswith("/jobs") for each in self.paths)
            state = self.states[min(asked, len(self.states)) - 1] if self.launches else None
            return 200, {"jobs": [] if state is None else [{"id": "job-1", "currentState": state}]}
        if path.endswith("/messages"):
            return 200, {"jobMessages": list(self.messages)}
        asked = sum(path.endswith("/jobs/job-1") for path in self.paths)
        state = self.states[min(asked, len(self.states)) - 1]
        return _error(state, "not now") if isinstance(state, int) else (200, {"currentState": state})

    def _run(self, carry_out: Callable[[dict[str, Any]], None], job: dict[str, Any]) -> None:
        try:
            carry_out(job)
            self.states = ("JOB_STATE_DONE",)
        except Exception:
            now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
            text, importance = traceback.format_exc(), "JOB_MESSAGE_ERROR"
            self.messages = ({"id": "1", "time": now, "messageText": text, "messageImportance": importance},)
            self.states = ("JOB_STATE_FAILED",)


def _error(status: int, message: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": status, "message": message}}


@contextmanager
def dataflow_api(fake: FakeDataflow) -> Iterator[FakeDataflow]:
    """Serve a fake on a free port while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            status, answer = fake.answer(self.path.partition("?")[0], body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def service_account(fake: FakeDataflow, path: Path) -> None:
    """Write the key of a service account, whose tokens come from a fake as well."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "1",
        "private_key": text,
        "client_email": "nightly@my-project.iam.gserviceaccount.com",
        "token_uri": f"{fake.endpoint}/token",
    }
    path.write_text(json.dumps(account))
