"""Writes the four types of some dates, and prints what it took as a line of JSON.

python -m benchmarks.script WAREHOUSE OUTPUT FIRST LAST
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import gc  # noqa: E402

gc.disable()

import json  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from datetime import date, timedelta  # noqa: E402
from pathlib import Path  # noqa: E402

import orjson  # noqa: E402

from benchmarks.script.documents import Documents  # noqa: E402
from benchmarks.script.facts import find_facts  # noqa: E402
from benchmarks.script.tables import Span, Tables  # noqa: E402

THREADS = 4


def export(warehouse: Path, output: Path, first: date, last: date, generated_at: str) -> int:
    """Write the documents of some dates of one season, and return how many there are."""
    span = Span(first, last)
    documents = Documents(find_facts(Tables(warehouse, span), span), generated_at)
    days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    for folder in ("predictions", "streaks", *(f"tonight/player/{day}" for day in days)):
        os.makedirs(output / folder, exist_ok=True)
    with ThreadPoolExecutor(THREADS) as pool:
        written = [
            pool.submit(
                _write,
                str(output),
                [(path, orjson.dumps(value, option=orjson.OPT_INDENT_2)) for path, value in documents.on(day)],
            )
            for day in days
        ]
        return sum(one.result() for one in written)


def _write(output: str, documents: list[tuple[str, bytes]]) -> int:
    for path, content in documents:
        file = os.open(f"{output}/{path}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            os.write(file, content)
        finally:
            os.close(file)
    return len(documents)


def main(warehouse: str, output: str, first: str, last: str) -> None:
    """Run the script and print what it took."""
    generated_at = f"{last}T17:00:00+00:00"
    written = export(Path(warehouse), Path(output), date.fromisoformat(first), date.fromisoformat(last), generated_at)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - STARTED,
                "cpu": used.ru_utime + used.ru_stime,
                "memory": used.ru_maxrss / 1024,
                "documents": written,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
