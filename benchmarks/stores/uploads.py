"""What one upload to GCS costs: CPU per object and objects per second, by the ways that Google's libraries offer.

The server is a stub in another process that answers after 40 ms, as a bucket does. Every way is a process of its own
with 32 requests in flight. CPU is what counts: Python runs one thread at a time, so it bounds what a process can write.

    python -m benchmarks.stores.uploads

Last measured, on two cores (CPU per upload, and what that allows a process at most):

==============================  =======  =========
``Blob.upload_from_string``     2.70 ms    370 /s
``AuthorizedSession``           2.09 ms    478 /s
``AuthorizedHttp``              0.85 ms  1,182 /s
``GcsStore.write``              1.11 ms    904 /s
==============================  =======  =========

``GcsStore.write`` is the official client over the session of :mod:`transforms.clients.session`.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import google_crc32c

THREADS = 32
DELAY = 0.04
DOCUMENT = json.dumps([{"player_lookup": "lebronjames", "points": n} for n in range(120)]).encode()
CHECKSUM = base64.b64encode(google_crc32c.value(DOCUMENT).to_bytes(4, "big")).decode()
METADATA = {"game_date": "2026-02-03", "digest": "0123456789abcdef", "empty": "false"}
RESOURCE = {"name": "o", "bucket": "b", "generation": "1", "size": str(len(DOCUMENT)), "crc32c": CHECKSUM}
BOUNDARY = "boundary-of-the-benchmark"

Upload = Callable[[int], object]


def by_official_client(url: str) -> Upload:
    """``Blob.upload_from_string``: one multipart request, checksummed by default."""
    import requests.adapters
    from google.cloud import storage

    client = storage.Client(project="p", credentials=_credentials(), client_options={"api_endpoint": url})
    client._http.mount("http://", requests.adapters.HTTPAdapter(pool_connections=THREADS, pool_maxsize=THREADS))
    bucket = client.bucket("b")

    def upload(number: int) -> None:
        blob = bucket.blob(f"v1/{number}.json")
        blob.cache_control, blob.metadata = "public, max-age=300", METADATA
        blob.upload_from_string(DOCUMENT, content_type="application/json")

    return upload


def by_authorized_session(url: str) -> Upload:
    """google-auth's ``AuthorizedSession`` (requests) and a body of our own."""
    import requests.adapters
    from google.auth.transport.requests import AuthorizedSession

    session = AuthorizedSession(_credentials())
    session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=THREADS, pool_maxsize=THREADS))

    def upload(number: int) -> None:
        answer = session.post(_target(url), data=_body(number), headers=_headers(), timeout=60)
        answer.raise_for_status()
        answer.json()

    return upload


def by_authorized_http(url: str) -> Upload:
    """google-auth's ``AuthorizedHttp`` (urllib3) and a body of our own."""
    import urllib3
    from google.auth.transport.urllib3 import AuthorizedHttp

    http = AuthorizedHttp(_credentials(), urllib3.PoolManager(maxsize=THREADS, block=True))

    def upload(number: int) -> None:
        answer = http.urlopen("POST", _target(url), body=_body(number), headers=_headers(), retries=False)
        assert answer.status == 200
        json.loads(answer.data)

    return upload


def by_store(url: str) -> Upload:
    """What the pipeline does: :class:`transforms.stores.gcs.GcsStore`."""
    from transforms.stores.gcs import GcsStore

    store = GcsStore("b", "v1", concurrency=THREADS, endpoint=url)
    return lambda number: store.write(
        f"{number}.json", DOCUMENT, cache_control="public, max-age=300", metadata=METADATA
    )


WAYS = {
    "Blob.upload_from_string": by_official_client,
    "AuthorizedSession": by_authorized_session,
    "AuthorizedHttp": by_authorized_http,
    "GcsStore.write": by_store,
}


def _credentials() -> Any:
    from google.oauth2.credentials import Credentials

    expiry = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(hours=12)
    return Credentials(token="t" * 200, expiry=expiry)  # type: ignore[no-untyped-call]


def _target(url: str) -> str:
    return f"{url}/upload/storage/v1/b/b/o?uploadType=multipart"


def _headers() -> dict[str, str]:
    return {"Content-Type": f"multipart/related; boundary={BOUNDARY}"}


def _body(number: int) -> bytes:
    resource = {
        "name": f"v1/{number}.json",
        "contentType": "application/json",
        "cacheControl": "public, max-age=300",
        "metadata": METADATA,
        "crc32c": base64.b64encode(google_crc32c.value(DOCUMENT).to_bytes(4, "big")).decode(),
    }
    parts = (b"application/json; charset=UTF-8", json.dumps(resource).encode()), (b"application/json", DOCUMENT)
    body = b"".join(
        b"--%s\r\nContent-Type: %s\r\n\r\n%s\r\n" % (BOUNDARY.encode(), kind, content) for kind, content in parts
    )
    return body + b"--%s--\r\n" % BOUNDARY.encode()


def measure(way: str, url: str, uploads: int) -> None:
    """Upload with one of the ways and print milliseconds of CPU per upload and uploads per second."""
    upload = WAYS[way](url)
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(upload, range(2 * THREADS)))
        cpu, wall = time.process_time(), time.perf_counter()
        list(threads.map(upload, range(uploads)))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(1000 * cpu / uploads, uploads / wall)


class _Stub(asyncio.Protocol):
    """Answers every request alike, after a while."""

    def connection_made(self, transport: Any) -> None:
        self._transport, self._received = transport, bytearray()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        lines = bytes(self._received[:head]).lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(self._received) >= head + 4 + length:
            del self._received[: head + 4 + length]
            asyncio.get_running_loop().call_later(DELAY, self._answer)

    def _answer(self) -> None:
        body = json.dumps(RESOURCE).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def serve() -> None:
    """Listen on a free port, print it, and answer until killed."""
    server = await asyncio.get_running_loop().create_server(_Stub, "127.0.0.1", 0, backlog=2 * THREADS)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Measure every way in turn, and print the best of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=2000, help="uploads per measurement")
    parser.add_argument("--rounds", type=int, default=3, help="turns; the best of each way counts")
    arguments = parser.parse_args()
    worker = [sys.executable, "-m", "benchmarks.stores.uploads"]
    with subprocess.Popen([*worker, "serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
            found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
            for _ in range(arguments.rounds):
                for way, figures in found.items():
                    command = [*worker, "measure", way, url, str(arguments.uploads)]
                    done = subprocess.run(command, check=True, capture_output=True, text=True)
                    figures.append([float(figure) for figure in done.stdout.split()])
        finally:
            server.kill()
    print(f"{arguments.uploads} uploads of {len(DOCUMENT):,} bytes, {THREADS} in flight, {1000 * DELAY:.0f} ms each")
    for way, figures in found.items():
        cpu, rate = min(figure[0] for figure in figures), max(figure[1] for figure in figures)
        print(f"  {way:24} {cpu:5.2f} ms CPU  {rate:5.0f} /s of {THREADS / DELAY:.0f}  at most {1000 / cpu:5.0f} /s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve())
    elif sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
