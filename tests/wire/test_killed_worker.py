"""A worker process that is killed while it uploads: the run reports it and ends, and the next one completes it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tests.end_to_end.command_line import ROOT, arguments_of, run_main
from tests.support.matchers import assert_same_objects, documents
from tests.support.processes import kill_worker
from tests.support.stores import published_in
from tests.support.warehouses import League
from tests.wire.gate import Forward, Gate, Response
from tests.wire.services import BUCKET, HASTY, with_control
from transforms.publishing.manifest import manifest_path
from transforms.stores.gcs import GcsStore

NIGHT = ("--export_types=tonight,tonight-players", "--target_date=today")
PROCESSES = ("--direct_running_mode=multi_processing", "--direct_num_workers=2", "--upload_threads=4")


def slowly(forward: Forward) -> Response:
    """Take long enough for a worker to die in the meantime."""
    time.sleep(0.1)
    return forward()


def test_what_is_published_is_whole_and_the_next_run_completes_it(
    league: League, gate: Gate, prefix: str, tmp_path: Path
) -> None:
    assert run_main(league, tmp_path, *NIGHT).code == 0
    expected = documents(published_in(tmp_path))
    there = (f"gs://{BUCKET}/{prefix}", f"--gcs_endpoint={gate.url}", *NIGHT)
    gate.inject(*[slowly] * 40, where=lambda request: request.is_upload and b"tonight/player/" in request.body)

    def is_uploading() -> bool:
        return sum(b"tonight/player/" in request.body for request in gate.requests) > 5

    command = [sys.executable, "-m", "pipeline.main", *arguments_of(league, *there, *PROCESSES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as run:
        try:
            kill_worker(run.pid, once=is_uploading)
            out, err = run.communicate(timeout=120)
        finally:
            run.kill()
    assert (run.returncode, out) == (1, "")
    *_, broken, missing = err.splitlines()
    assert broken == (
        "the run broke off: a worker process died (Worker subprocess exited with return code -9); if memory ran out, "
        "use fewer --direct_num_workers; what it published is safe, run it again to complete it"
    )
    assert missing == f"missing: {league.today}: no manifest was written; run it again"

    store = GcsStore(BUCKET, prefix, endpoint=gate.url, retry=HASTY)
    left = documents(store)
    assert 0 < len(left) < len(expected)
    assert left.items() <= expected.items(), "what is there is as it should be"
    control = with_control(store)
    assert control.stat(manifest_path(league.today)) is None, "and is not taken for complete"

    again = run_main(league, *there)
    assert again.code == 0, again.err
    assert_same_objects(documents(store), expected)
    assert control.stat(manifest_path(league.today)) is not None
    store.close()
