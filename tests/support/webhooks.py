"""A server for tests that receives what is posted to it, and answers as a script says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET_PATH = "/services/T0SECRET/B0SECRET/hushhushhush"
"""The path of a webhook: whoever knows it may post."""


class Receiver:
    """Receives posts.

    Attributes:
        bodies: The bodies that were received and accepted, in order.
        paths: The paths of all requests.
        headers: The headers of all requests.
        answers: Statuses of the next answers; 200 once they are used up.
        location: Where a redirect leads.
        answer_after: Called before an answer is sent.
    """

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        self.location = ""
        self.answer_after: Any = None
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with receiver._lock:
                    receiver.paths.append(self.path)
                    receiver.headers.append(dict(self.headers))
                    status = receiver.answers.pop(0) if receiver.answers else 200
                    if status == 200:
                        receiver.bodies.append(body)
                if receiver.answer_after is not None:
                    receiver.answer_after()
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def root(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The URL of the webhook."""
        return f"{self.root}{SECRET_PATH}"

    @property
    def messages(self) -> list[Any]:
        """The bodies as JSON."""
        return [json.loads(body) for body in self.bodies]

    def __enter__(self) -> Receiver:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End, and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def closed_port() -> Iterator[str]:
    """Return the URL of a webhook that nothing listens to."""
    receiver = Receiver()
    url = receiver.url
    receiver._server.server_close()
    yield url
