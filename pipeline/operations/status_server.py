"""A server of one published folder for browsers on this machine: it reads, and nothing outside of the folder."""

from __future__ import annotations

import mimetypes
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from transforms.status_page.page import CONTENT_TYPE, PAGE_PATH
from transforms.stores.folder import LocalStore
from transforms.stores.protocol import StoreError, validate_path

HOST = "127.0.0.1"
_UNKNOWN = "application/octet-stream"
"""The content type of files that were copied without their attributes."""


class StatusServer(ThreadingHTTPServer):
    """Serves a folder on the loopback interface.

    Attributes:
        root: The folder, without links.
        store: The same, as a store.
    """

    daemon_threads = True

    def __init__(self, root: Path, port: int = 0) -> None:
        """Bind a port; 0 takes a free one.

        Raises:
            OSError: The port is taken.
        """
        self.root = root.resolve()
        self.store = LocalStore(str(self.root))
        super().__init__((HOST, port), _Handler)

    @property
    def port(self) -> int:
        """The port that it is bound to."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{HOST}:{self.port}/{PAGE_PATH}"

    def find(self, target: str) -> tuple[bytes, str] | None:
        """Return the content and the content type of the object that a request names; None when there is none.

        Args:
            target: The path of the request, as it was sent.
        """
        try:
            path = validate_path(unquote(urlsplit(target).path, errors="strict").removeprefix("/"))
            # A link may lead out of the folder.
            if not (self.root / path).resolve().is_relative_to(self.root):
                return None
            found = self.store.read(path)
        except (ValueError, OSError, StoreError):
            return None
        if found is None:
            return None
        content, shown = found
        if shown.content_type != _UNKNOWN:
            return content, shown.content_type
        return content, CONTENT_TYPE if path == PAGE_PATH else mimetypes.guess_type(path)[0] or _UNKNOWN


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; every other method is refused."""

    server: StatusServer
    server_version, sys_version = "phase6", ""

    def do_GET(self) -> None:
        """Send an object."""
        self._answer(with_content=True)

    def do_HEAD(self) -> None:
        """Send the headers of an object."""
        self._answer(with_content=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Print nothing."""

    def _answer(self, *, with_content: bool) -> None:
        # A page of another site that gives its name the address of this machine sends that name.
        if self.headers.get("Host", "") not in (f"{HOST}:{self.server.port}", f"localhost:{self.server.port}"):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        if urlsplit(self.path).path in ("/", "/status", "/status/"):
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", f"/{PAGE_PATH}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        found = self.server.find(self.path)
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content, content_type = found
        self.send_response(HTTPStatus.OK)
        for name, value in {
            "Content-Type": content_type,
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Resource-Policy": "same-origin",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if with_content:
            self.wfile.write(content)
