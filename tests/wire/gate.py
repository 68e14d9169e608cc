"""A proxy that stands between a client and the GCS emulator: it breaks what a test wants broken, and counts requests.

It also does what the emulator leaves out: it heeds the precondition of a delete, and refuses an upload whose content
does not match the checksum that came with it.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import google_crc32c

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True)
class Request:
    """A request that passed.

    Attributes:
        method: HTTP method.
        target: Path and query.
        body: Its content.
    """

    method: str
    target: str
    body: bytes = field(repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def is_upload(self) -> bool:
        return self.target.startswith("/upload/")

    @property
    def is_download(self) -> bool:
        return "alt=media" in self.target


@dataclass
class Response:
    """What the client is told; a status of 0 is a connection that is reset."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    sent: int | None = None
    """How many bytes of the body arrive before the connection breaks; None when all do."""


Forward = Callable[[], Response]
Fault = Callable[[Forward], Response]


def refuse(status: int, message: str = "", reason: str = "") -> Fault:
    """The service answers with an error and does nothing."""
    error = {"error": {"code": status, "message": message, "errors": [{"reason": reason}]}}
    return lambda forward: Response(status, json.dumps(error).encode())


def reset(forward: Forward) -> Response:
    """The connection breaks before the service sees the request."""
    return Response(0)


def lose(status: int) -> Fault:
    """The service carries out the request, and the answer is lost: to a reset (0) or to an error on the way."""

    def act(forward: Forward) -> Response:
        forward()
        return Response(status)

    return act


def truncate(forward: Forward) -> Response:
    """The connection breaks in the middle of the answer."""
    response = forward()
    response.sent = len(response.body) // 2
    return response


def damage(forward: Forward) -> Response:
    """One bit of the answer flips."""
    response = forward()
    response.body = bytes([response.body[0] ^ 1]) + response.body[1:]
    return response


class Together:
    """A fault that lets requests pass in groups: each waits until a whole group is in flight.

    Attributes:
        passed: Groups that were in flight at once.
        is_late: A group was not complete in time; nothing waits any more since then.
    """

    def __init__(self, size: int, groups: int, seconds: float = 8) -> None:
        """Hold so many groups of a size, each so long, and then let everything pass."""
        self.passed = 0
        self.is_late = False
        self._size, self._groups, self._seconds = size, groups, seconds
        self._arrived = 0
        self._changed = threading.Condition()

    def __call__(self, forward: Forward) -> Response:
        """Pass a request on with its group."""
        with self._changed:
            self._arrived += 1
            group = (self._arrived - 1) // self._size
            self.passed = self._arrived // self._size
            self._changed.notify_all()
            is_held = group < self._groups and not self.is_late
            if is_held and not self._changed.wait_for(lambda: self.passed > group or self.is_late, self._seconds):
                self.is_late = True
                self._changed.notify_all()
        return forward()


class Gate:
    """The proxy, which listens from :meth:`open` to :meth:`close`.

    Attributes:
        requests: What passed, in order.
        connections: How many connections were made.
        url: Where it listens.
    """

    def __init__(self, upstream: str) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self._faults: list[tuple[Callable[[Request], bool], list[Fault]]] = []
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def inject(self, *faults: Fault, where: Callable[[Request], bool] = lambda request: True) -> None:
        """Break the next requests that a condition holds for, one fault each."""
        self._faults.append((where, list(faults)))

    def mend(self) -> None:
        """Break no further requests."""
        with self._lock:
            self._faults.clear()

    def uploads(self) -> int:
        """Count the uploads that passed."""
        return sum(request.is_upload for request in self.requests)

    @contextmanager
    def opened(self) -> Iterator[Gate]:
        """Listen for as long as the context lasts."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def respond(self, request: Request, connection: http.client.HTTPConnection) -> Response:
        """Answer a request, through the emulator unless a fault says otherwise."""
        with self._lock:
            self.requests.append(request)
            fault = next((faults.pop(0) for where, faults in self._faults if faults and where(request)), None)

        def forward() -> Response:
            return self._checked(request, connection)

        return forward() if fault is None else fault(forward)

    def _checked(self, request: Request, connection: http.client.HTTPConnection) -> Response:
        query = parse_qs(urlsplit(request.target).query)
        if request.is_upload and not _matches_checksum(request.body):
            return refuse(400, "Provided CRC32C does not match calculated CRC32C.", "invalid")(lambda: Response(0))
        if request.method == "DELETE" and "ifGenerationMatch" in query:
            with self._lock:
                path = urlsplit(request.target).path
                found = _forward(Request("GET", path, b""), connection)
                if found.status == 200 and json.loads(found.body)["generation"] not in query["ifGenerationMatch"]:
                    return refuse(412, "At least one of the pre-conditions you specified did not hold.")(
                        lambda: Response(0)
                    )
                return _forward(request, connection)
        return _forward(request, connection)

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection to the emulator, for a client that has just connected."""
        with self._lock:
            self.connections += 1
        return http.client.HTTPConnection(self._upstream, timeout=20)


def _matches_checksum(body: bytes) -> bool:
    boundary, _, rest = body.partition(b"\r\n")
    resource, content = (part.partition(b"\r\n\r\n")[2] for part in rest.split(b"\r\n" + boundary)[:2])
    expected = json.loads(resource)["crc32c"]
    return bool(expected == base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode())


def _forward(request: Request, connection: http.client.HTTPConnection) -> Response:
    first_line = request.body.partition(b"\r\n")[0].decode("latin-1")
    headers = {"Content-Type": f'multipart/related; boundary="{first_line[2:]}"'} if request.is_upload else {}
    connection.request(request.method, request.target, request.body or None, headers)
    answer = connection.getresponse()
    kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
    return Response(answer.status, answer.read(), kept)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.upstream = self.server.gate.connect()

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        response = self.server.gate.respond(Request(self.command, self.path, body), self.upstream)
        if response.status == 0:
            self._reset()
            return
        try:
            self._answer(response)
        except ConnectionError:
            # Whoever asked was killed.
            self.close_connection = True

    def _answer(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body[: response.sent])
        if response.sent is not None:
            self.wfile.flush()
            self.close_connection = True

    do_GET = do_POST = do_DELETE = handle_request  # noqa: N815

    def _reset(self) -> None:
        # Without lingering, closing sends a reset instead of an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
        self.wfile = _Nowhere()  # type: ignore[assignment]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _Nowhere:
    closed = True

    def flush(self) -> None: ...

    def close(self) -> None: ...
