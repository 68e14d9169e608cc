"""A folder compared with a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.operations.diff import DIFFERENT, OK, REJECTED, main
from tests.wire.services import BUCKET
from transforms.stores.folder import LocalStore
from transforms.stores.gcs import GcsStore

PATH = "signals/2026-02-11.json"


def test_a_folder_and_a_bucket(gcs_url: str, prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bucket = GcsStore(BUCKET, prefix, concurrency=4, endpoint=gcs_url)
    argv = [str(tmp_path), f"gs://{BUCKET}/{prefix}", f"--gcs_endpoint={gcs_url}"]
    LocalStore(str(tmp_path)).write(PATH, b'{"signal": "neutral"}', cache_control="no-cache")
    assert main(argv) == REJECTED
    bucket.write(PATH, b'{"signal": "neutral"}', cache_control="no-cache")
    assert main(argv) == OK
    bucket.write(PATH, b'{"signal": "favorable"}', cache_control="no-cache")
    assert main(argv) == DIFFERENT
    bucket.close()
    assert f"documents changed: {PATH}: 1 value: $.signal\n" in capsys.readouterr().out
