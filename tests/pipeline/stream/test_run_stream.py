"""The streaming job from its command line: which engines run it, and the error of those that cannot."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import StandardOptions

from tests.end_to_end.command_line import Ended, run_main
from tests.support.matchers import assert_one_line_each

PUBSUB = (
    "--input_subscription=projects/my-project/subscriptions/requests",
    "--dead_letter_topic=projects/my-project/topics/dead-letters",
)


def stream(folder: Path, *flags: str) -> Ended:
    return run_main(folder / "warehouse", folder / "out", *PUBSUB, *flags)


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (
            ["--runner=PrismRunner"],
            ["--runner", '"PrismRunner"', "reads Pub/Sub on Dataflow and the local runner only"],
        ),
        (["--runner=FlinkRunner"], ["--runner", '"FlinkRunner"', "cannot run the streaming job"]),
        (["--runner=PortableRunner", "--job_endpoint=embed"], ["--runner", "cannot run the streaming job"]),
        (["--runner=DaskRunner"], ["--runner", "DaskRunner drops the tags"]),
        (["--no_wait"], ["--no_wait", "the local runner works in this process"]),
    ],
)
def test_an_engine_that_cannot_run_it_is_refused_before_anything_is_opened(
    tmp_path: Path, flags: list[str], names: list[str]
) -> None:
    ended = stream(tmp_path, *flags)
    assert ended.code == 2
    assert ended.out == ""
    assert_one_line_each(ended.err, names=names)
    assert list(tmp_path.iterdir()) == []


def refused_engines() -> list[str]:
    """Return every runner that Beam knows and one of another project, but for those that run the streaming job."""
    local = {"DirectRunner", "SwitchingDirectRunner", "BundleBasedDirectRunner", "FnApiRunner"}
    names = {*StandardOptions.KNOWN_RUNNER_NAMES, "DaskRunner", "RenderRunner"}
    return sorted(names - local - {"DataflowRunner"})


@pytest.mark.parametrize("name", [*refused_engines(), "tests.support.engines.Done"])
def test_no_service_is_spoken_to_before_an_engine_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        address = f"127.0.0.1:{service.getsockname()[1]}"
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        ended = run_main(
            "bigquery:my-project",
            "gs://my-bucket/v1",
            *PUBSUB,
            f"--runner={name}",
            f"--job_endpoint={address}",
            f"--gcs_endpoint=http://{address}",
            f"--bigquery_rest_endpoint=http://{address}",
            f"--bigquery_storage_endpoint={address}",
        )
        assert ended.code == 2
        assert ended.out == ""
        assert_one_line_each(ended.err, names=["--runner", name, "cannot run"])
        service.settimeout(0.05)
        with pytest.raises(TimeoutError):
            service.accept()


def test_what_dataflow_misses_among_its_options_is_named(tmp_path: Path) -> None:
    places = ("--warehouse=bigquery:my-project", "--output=gs://my-bucket/v1", "--skip_preflight")
    ended = run_main("", "", *PUBSUB, *places, "--runner=DataflowRunner")
    assert ended.code == 1
    assert_one_line_each(ended.err, names=["nothing was submitted", "Missing required option: project"])


def test_an_output_that_cannot_be_written_ends_it_before_it_listens(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    ended = stream(tmp_path)
    assert ended.code == 1
    assert_one_line_each(ended.err, names=["nothing can be published", str(tmp_path / "out")])
