"""A live feed for tests: box scores in the vendor's shape, and a server with scripted answers."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["_Handler"], None]


def player_line(feed_id: int | None, name: str, points: int | None, minutes: str | None = "12:00") -> dict[str, Any]:
    """Return a player's line of a box score; the last word of the name is the last name."""
    first, _, last = name.rpartition(" ")
    return {
        "min": minutes,
        "pts": points,
        "reb": 3,
        "player": {"id": feed_id, "first_name": first, "last_name": last, "position": "F"},
    }


def game_box(
    day: str,
    home: tuple[str, list[dict[str, Any]]],
    visitor: tuple[str, list[dict[str, Any]]],
    *,
    status: str = "1st Qtr",
    period: int = 1,
    clock: str | None = "Q1 6:00",
    score: tuple[int, int] = (0, 0),
) -> dict[str, Any]:
    """Return the box of a game; teams are a code and the lines of their players."""
    return {
        "date": day,
        "season": 2024,
        "status": status,
        "period": period,
        "time": clock,
        "home_team_score": score[0],
        "visitor_team_score": score[1],
        "home_team": {"id": 1, "abbreviation": home[0], "players": home[1]},
        "visitor_team": {"id": 2, "abbreviation": visitor[0], "players": visitor[1]},
    }


class FeedServer:
    """Answers on this machine; several answers are given in turn, and the last one from then on.

    Attributes:
        headers: Those of every request, in order.
        paths: Paths of every request.
    """

    def __init__(self, *answers: Answer) -> None:
        """Prepare the answers."""
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self._answers = list(answers)
        self._closing = threading.Event()

    def __enter__(self) -> FeedServer:
        handler = type("Handler", (_Handler,), {"feed": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answers(self, *answers: Answer) -> None:
        """Answer like this from now on."""
        self._answers = list(answers)

    def next(self) -> Answer:
        """Return the answer that is due."""
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def wait(self) -> None:
        """Wait until the server is closed."""
        self._closing.wait()


class _Handler(BaseHTTPRequestHandler):
    feed: FeedServer

    def do_GET(self) -> None:
        self.feed.headers.append(dict(self.headers))
        self.feed.paths.append(self.path)
        self.feed.next()(self)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def boxes(found: Iterable[dict[str, Any]]) -> Answer:
    """Answer with box scores."""
    body = json.dumps({"data": list(found)}).encode()
    return lambda handler: handler.reply(200, body)


def status(code: int, **headers: str) -> Answer:
    """Answer with a status."""
    return lambda handler: handler.reply(code, b"", **headers)


def garbage(handler: _Handler) -> None:
    """Answer with what is no JSON."""
    handler.reply(200, b"<html>Bad Gateway</html>")


def other_shape(handler: _Handler) -> None:
    """Answer with JSON of another shape."""
    handler.reply(200, b'{"data": [{"home_team": null}]}')


def hang(handler: _Handler) -> None:
    """Never answer."""
    handler.feed.wait()


def cut_off(handler: _Handler) -> None:
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')
    handler.close_connection = True


def reset(handler: _Handler) -> None:
    """Break the connection off."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True
    handler.wfile = handler.rfile = open("/dev/null", "rb+")  # noqa: SIM115
