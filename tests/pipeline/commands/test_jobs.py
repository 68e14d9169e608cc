from __future__ import annotations

import pytest

from pipeline.commands.jobs import export, stream


def test_a_stream_needs_its_subscription(capsys: pytest.CaptureFixture[str]) -> None:
    assert stream(["--warehouse=w", "--output=o", "--shards=3"]) == 2
    assert [line.partition(": ")[0] for line in capsys.readouterr().err.splitlines()] == [
        "--shards",
        "--input_subscription",
        "--dead_letter_topic",
    ]


def test_an_export_has_no_subscription(capsys: pytest.CaptureFixture[str]) -> None:
    assert export(["--input_subscription=projects/p/subscriptions/s"]) == 2
    assert capsys.readouterr().err == (
        "--input_subscription: is an option of phase6 stream; run phase6 stream, or leave it out\n"
    )


def test_what_follows_a_bare_dash_is_the_runners(capsys: pytest.CaptureFixture[str]) -> None:
    assert export(["--shards=0", "--", "--input_subscription=x"]) == 2
    assert "--shards: " in capsys.readouterr().err
