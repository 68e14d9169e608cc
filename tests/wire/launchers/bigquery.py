"""Runs the BigQuery emulator until standard input ends; first prints its REST URL and its gRPC address.

Runs in the emulators' own environment, where this project is not installed.
"""

from __future__ import annotations

import asyncio
import sys

from bqemulator.config import LogLevel, Settings
from bqemulator.server import EmulatorServer
from bqemulator.storage.engine import DuckDBEngine


def _without_spatial(_engine: DuckDBEngine) -> None:
    """Leave out what only GEOGRAPHY needs: the extension would have to be downloaded."""


async def serve() -> None:
    server = EmulatorServer(
        Settings(rest_port=0, grpc_port=0, enable_format_extensions=False, log_level=LogLevel("error"))
    )
    await server.start()
    print(server.rest_url, server.grpc_endpoint, flush=True)  # noqa: T201
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop()


if __name__ == "__main__":
    DuckDBEngine._load_spatial = _without_spatial
    asyncio.run(serve())
