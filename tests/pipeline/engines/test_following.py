from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from pipeline.engines.following import Ended, EngineError, JobMessage, follow

NO_ANSWER = EngineError("it does not answer")
FORBIDDEN = EngineError("it may not be read", is_final=True)


@dataclass
class ScriptedJob:
    """A job whose answers are written down; the last ones stay.

    Attributes:
        states: Answers to the question for its state.
        said: Answers to the question for its messages.
    """

    states: Sequence[str | EngineError]
    said: Sequence[Sequence[JobMessage] | EngineError] = ((),)
    name: str = "job 1"
    poll_seconds: float = 10.0
    silent_seconds: float = 60.0
    slept: list[float] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    asked: int = 0
    read_count: int = 0

    def state(self) -> str:
        self.asked += 1
        return _answer(self.states, self.asked)

    def messages(self) -> Sequence[JobMessage]:
        self.read_count += 1
        return _answer(self.said, self.read_count)

    def follow(self) -> Ended:
        return follow(
            self,
            show=self.shown.append,
            show_state=lambda state: self.shown.append(f"-> {state}"),
            sleep=self.slept.append,
        )


def _answer(script: Sequence, number: int):  # type: ignore[no-untyped-def,type-arg]
    answer = script[min(number, len(script)) - 1]
    if isinstance(answer, EngineError):
        raise answer
    return answer


def said(text: str, *, is_error: bool = False) -> JobMessage:
    return JobMessage(text, text, is_error)


class TestEnd:
    def test_it_returns_once_the_job_is_done(self) -> None:
        job = ScriptedJob(["STARTING", "RUNNING", "RUNNING", "DONE"])
        assert job.follow() == Ended("DONE")
        assert job.follow().is_done
        assert job.shown[:3] == ["-> STARTING", "-> RUNNING", "-> DONE"]

    @pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "UPDATED", "DRAINED"])
    def test_every_other_end_is_not_done(self, state: str) -> None:
        ended = ScriptedJob(["RUNNING", state], [[said("why", is_error=True)]]).follow()
        assert (ended.state, ended.reason, ended.is_done) == (state, "why", False)

    @pytest.mark.parametrize("state", ["RUNNING", "DRAINING", "CANCELLING", "PAUSED", "UNKNOWN", "QUEUED"])
    def test_no_other_state_is_an_end(self, state: str) -> None:
        job = ScriptedJob([state, state, "DONE"])
        assert job.follow().is_done
        assert job.asked == 3

    def test_errors_of_a_job_that_is_done_do_not_count(self) -> None:
        assert ScriptedJob(["DONE"], [[said("tried again", is_error=True)]]).follow() == Ended("DONE")

    def test_the_reason_of_a_failed_job_is_polled_for_a_while(self) -> None:
        job = ScriptedJob(["FAILED"], [(), (), [said("late", is_error=True)]])
        assert job.follow().reason == "late"
        assert job.slept == [3.0, 3.0]

    def test_a_failed_job_without_a_reason(self) -> None:
        job = ScriptedJob(["FAILED"])
        assert job.follow() == Ended("FAILED")
        assert sum(job.slept) == 30.0

    def test_a_cancelled_job_owes_no_reason(self) -> None:
        job = ScriptedJob(["CANCELLED"])
        job.follow()
        assert job.slept == []


class TestPace:
    def test_polling_slows_down_with_the_age_of_the_job(self) -> None:
        job = ScriptedJob([*["RUNNING"] * 30, "DONE"])
        job.follow()
        assert job.slept[0] < 0.5
        assert job.slept == sorted(job.slept)
        assert job.slept[-1] == 10.0

    def test_messages_are_shown_once(self) -> None:
        job = ScriptedJob(["RUNNING", "RUNNING", "DONE"], [[said("a")], [said("a"), said("b")]])
        job.follow()
        assert [line for line in job.shown if not line.startswith("->")] == ["a", "b"]


class TestSilence:
    def test_a_failed_poll_is_repeated(self) -> None:
        job = ScriptedJob([NO_ANSWER, "RUNNING", NO_ANSWER, NO_ANSWER, "DONE"])
        assert job.follow().is_done

    def test_silence_has_an_end(self) -> None:
        job = ScriptedJob(["RUNNING", NO_ANSWER])
        with pytest.raises(EngineError, match="does not answer"):
            job.follow()
        assert 60 <= sum(job.slept) <= 75
        assert job.shown == ["-> RUNNING", "-> not answering"]

    def test_an_answer_ends_the_silence(self) -> None:
        job = ScriptedJob([*[NO_ANSWER] * 5, "RUNNING", *[NO_ANSWER] * 5, "DONE"])
        assert job.follow().is_done
        assert job.shown == ["-> not answering", "-> RUNNING", "-> not answering", "-> DONE"]

    def test_a_permanent_error_is_not_retried(self) -> None:
        job = ScriptedJob(["RUNNING", FORBIDDEN])
        with pytest.raises(EngineError, match="may not be read"):
            job.follow()
        assert job.asked == 2

    def test_a_job_whose_messages_cannot_be_read_is_followed_by_its_state(self) -> None:
        job = ScriptedJob(["RUNNING", "RUNNING", "FAILED"], [FORBIDDEN])
        assert job.follow() == Ended("FAILED")
        assert job.read_count == 1

    def test_messages_are_read_again_after_a_transient_error(self) -> None:
        job = ScriptedJob(["RUNNING", "FAILED"], [NO_ANSWER, [said("why", is_error=True)]])
        assert job.follow().reason == "why"
