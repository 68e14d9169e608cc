"""The Prism process, played by scripts that end as Prism does."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.engines.prism import PrismProcess

SERVE = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
import grpc
port = sys.argv[sys.argv.index("--job_port") + 1]
server = grpc.server(ThreadPoolExecutor(2))
assert server.add_insecure_port(f"localhost:{port}")
server.start()
print("Serving JobManagement", flush=True)
"""
STAY = "time.sleep(600)\n"
UNTIL_TOLD = """
import os
while not os.path.exists(sys.argv[0] + ".end"):
    time.sleep(0.05)
"""


def binary(folder: Path, script: str) -> str:
    path = folder / "prism"
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(0o755)
    return str(path)


def process(folder: Path, script: str, *flags: str) -> PrismProcess:
    return PrismProcess(PipelineOptions([f"--prism_location={binary(folder, script)}", *flags]))


def end(folder: Path) -> None:
    """Tell a script to go on, however long its start took."""
    (folder / "prism.end").touch()


def ending_of(prism: PrismProcess, seconds: float = 60) -> str:
    until = time.monotonic() + seconds
    while not prism.stopped() and time.monotonic() < until:
        time.sleep(0.05)
    return prism.stopped()


def test_a_process_that_serves_has_not_stopped_until_it_is_ended(tmp_path: Path) -> None:
    prism = process(tmp_path, SERVE + STAY)
    assert not prism.has_started
    prism.start()
    assert prism.has_started
    assert prism.stopped() == ""
    prism.stop()
    assert prism.stopped() == "Prism stopped: exit 143 (Serving JobManagement)"
    prism.stop()


def test_a_killed_process_names_the_usual_cause(tmp_path: Path) -> None:
    prism = process(tmp_path, SERVE + UNTIL_TOLD + "import signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    prism.start()
    end(tmp_path)
    assert ending_of(prism) == "Prism stopped: exit 137 (killed, which usually means out of memory)"
    prism.stop()


def test_a_panic_is_quoted_and_its_stack_is_not(tmp_path: Path) -> None:
    script = SERVE + UNTIL_TOLD + "print('panic: nil map')\nprint('goroutine 1 [running]:')\nsys.exit(2)\n"
    prism = process(tmp_path, script)
    prism.start()
    end(tmp_path)
    assert ending_of(prism) == "Prism stopped: exit 2 (panic: nil map)"
    prism.stop()


def test_memory_that_go_cannot_get_is_quoted(tmp_path: Path) -> None:
    script = SERVE + UNTIL_TOLD + "print('fatal error: runtime: out of memory')\nprint('goroutine 1:')\nsys.exit(2)\n"
    prism = process(tmp_path, script)
    prism.start()
    end(tmp_path)
    assert ending_of(prism) == "Prism stopped: exit 2 (fatal error: runtime: out of memory)"
    prism.stop()


def test_one_that_ends_before_it_serves_is_no_start(tmp_path: Path) -> None:
    prism = process(tmp_path, "import sys\nprint('flag provided but not defined: -log_kind')\nsys.exit(2)\n")
    with pytest.raises(RuntimeError) as failed:
        prism.start()
    assert str(failed.value) == "Prism stopped: exit 2 (flag provided but not defined: -log_kind)"
    prism.stop()


def test_one_that_never_serves_is_given_up(tmp_path: Path) -> None:
    prism = process(tmp_path, "import time\n" + STAY, "--job_server_timeout=1")
    with pytest.raises(RuntimeError, match="Prism did not answer within 1 s of its start"):
        prism.start()
    prism.stop()
    assert prism.stopped().startswith("Prism stopped")


def test_a_file_that_cannot_be_run_is_no_start(tmp_path: Path) -> None:
    (tmp_path / "prism").write_text("no program")
    prism = PrismProcess(PipelineOptions([f"--prism_location={tmp_path / 'prism'}"]))
    with pytest.raises(OSError):
        prism.start()
    assert not prism.has_started
    prism.stop()


def test_what_it_prints_does_not_stop_it(tmp_path: Path) -> None:
    """A pipe without a reader is full after 64 KiB."""
    prism = process(tmp_path, SERVE + "print('x' * 1_000_000, flush=True)\nprint('y', flush=True)\n" + STAY)
    prism.start()
    time.sleep(0.5)
    prism.stop()
    assert prism.stopped() == "Prism stopped: exit 143 (y)"


@pytest.mark.parametrize(("flags", "shown"), [((), False), (("--prism_log_level=debug",), True)])
def test_its_log_is_shown_at_debug_level(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], flags: tuple[str, ...], shown: bool
) -> None:
    prism = process(tmp_path, SERVE + STAY, *flags)
    prism.start()
    prism.stop()
    assert ("Serving JobManagement" in capfd.readouterr().err) is shown


def test_no_process_is_left(tmp_path: Path) -> None:
    script = SERVE + f"open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid()))\n" + STAY
    prism = process(tmp_path, script)
    prism.start()
    until = time.monotonic() + 60
    while not (tmp_path / "pid").exists() and time.monotonic() < until:
        time.sleep(0.05)
    prism.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
