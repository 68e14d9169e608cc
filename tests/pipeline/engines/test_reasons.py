from __future__ import annotations

import grpc
import pytest

from pipeline.engines.reasons import best_reason, plain_line, reason_of

STACK = """\
bundle inst046 stage-046 failed:Traceback (most recent call last):
  File "transforms/stores/folder.py", line 158, in _commit
    os.replace(staged, target)
NotADirectoryError: [Errno 20] Not a directory: 'a' -> 'b'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "apache_beam/runners/common.py", line 1512, in process
transforms.stores.protocol.StoreError: cannot write b: Not a directory [while running 'Publish/WriteManifest']

"""
GRPC = """\
Traceback (most recent call last):
  File "grpc/_channel.py", line 965, in _next
    raise self
grpc._channel._MultiThreadedRendezvous: <_MultiThreadedRendezvous of RPC that terminated with:
\tstatus = StatusCode.UNAVAILABLE
\tdetails = "Stream removed (Socket closed)"
>"""
JAVA = """\
java.lang.RuntimeException: The Runner experienced the following error during execution:
\tat org.apache.beam.runners.flink.FlinkPipelineRunner.run(FlinkPipelineRunner.java:1)
Caused by: org.apache.flink.client.program.ProgramInvocationException: Job failed
Caused by: java.lang.OutOfMemoryError: Java heap space
"""


class Rpc(grpc.RpcError):
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "job with id job-7\nnot found"


class Silent(Exception):
    """Has no message."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STACK, "StoreError: cannot write b: Not a directory [while running 'Publish/WriteManifest']"),
        (JAVA, "OutOfMemoryError: Java heap space"),
        (
            "found 1 uses of features\n unimplemented in prism:\n\tx",
            "found 1 uses of features unimplemented in prism: x",
        ),
        ("Workflow failed. Causes: the worker lost contact.", "Workflow failed. Causes: the worker lost contact."),
        ("transforms.stores.protocol.StoreError: no space", "StoreError: no space"),
        (
            "https://console.cloud.google.com: is not an exception",
            "https://console.cloud.google.com: is not an exception",
        ),
        ("ValueError", "ValueError"),
        ("", ""),
    ],
)
def test_a_reason_is_one_line(text: str, expected: str) -> None:
    assert plain_line(text) == expected


def test_the_text_of_a_broken_call_is_never_a_bare_bracket() -> None:
    assert plain_line(GRPC) == "UNAVAILABLE: Stream removed (Socket closed)"


def test_a_flood_is_cut() -> None:
    assert len(plain_line("x" * 10_000)) == 600


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError(STACK), "StoreError: cannot write b: Not a directory [while running 'Publish/WriteManifest']"),
        (RuntimeError("There is already\nactive job"), "RuntimeError: There is already active job"),
        (Rpc(), "UNKNOWN: job with id job-7 not found"),
        (grpc.FutureTimeoutError(), "there was no answer in time"),
        (Silent(), "Silent"),
        (
            FileNotFoundError(2, "No such file or directory", "prism"),
            "FileNotFoundError: [Errno 2] No such file or directory: 'prism'",
        ),
    ],
)
def test_an_exception_gives_its_message(error: BaseException, expected: str) -> None:
    assert reason_of(error).endswith(expected)
    assert "\n" not in reason_of(error)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([], ""),
        (["first", "last"], "last"),
        # What an engine says at the end is that a step failed; why stands in the stack before.
        (
            [STACK, "A work item was attempted 4 times without success."],
            "StoreError: cannot write b: Not a directory [while running 'Publish/WriteManifest']",
        ),
    ],
)
def test_the_most_specific_message_is_the_reason(messages: list[str], expected: str) -> None:
    assert best_reason(messages) == expected
