from __future__ import annotations

import json
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.support.live_feed import FeedServer, boxes, cut_off, garbage, hang, reset, status
from transforms.live_feed.feed_key import EnvironmentKey, SecretKey
from transforms.live_feed.http import Circuit, FeedClient, FeedPatience, HttpLiveFeed
from transforms.live_feed.warehouse import LiveFeedError

KEY = "s3cr3t-of-the-feed"


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Feed:
    """A client of a server, and the clock that it goes by."""

    def __init__(self, server: FeedServer, *, key: Any = None, scheme: str = "", **patience: Any) -> None:
        self.clock = Clock()
        feed = HttpLiveFeed(server.url, key, scheme, FeedPatience(**{"timeout": 5.0, **patience}))
        self.client = FeedClient(feed, clock=self.clock, sleep=self.clock.sleep, spread=lambda: 1.0)

    def fetch(self) -> Any:
        return self.client.fetch()

    def error(self) -> str:
        with pytest.raises(LiveFeedError) as raised:
            self.client.fetch()
        assert "\n" not in str(raised.value)
        return str(raised.value)


class TestAnswers:
    def test_the_box_scores_of_the_day(self) -> None:
        with FeedServer(boxes([{"a": 1}])) as server:
            assert Feed(server).fetch() == {"data": [{"a": 1}]}
            assert server.paths == ["/v1/box_scores/live"]
            assert "Authorization" not in server.headers[0]

    @pytest.mark.parametrize("fault", [status(500), status(503), status(408), garbage, cut_off, reset])
    def test_what_may_pass_is_tried_again(self, fault: Any) -> None:
        with FeedServer(fault, fault, boxes([])) as server:
            feed = Feed(server)
            assert feed.fetch() == {"data": []}
            assert feed.clock.slept == [0.5, 1.0]

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [(status(502), "502"), (garbage, "it sent no JSON"), (cut_off, "Protocol"), (reset, "Protocol")],
    )
    def test_what_does_not_pass_is_given_up(self, fault: Any, reason: str) -> None:
        with FeedServer(fault) as server:
            feed = Feed(server)
            found = feed.error()
            assert found.startswith(f"the live feed at {server.url} does not answer: ")
            assert reason in found
            assert len(server.paths) == 4

    def test_a_server_that_hangs(self) -> None:
        with FeedServer(hang) as server:
            assert "ReadTimeoutError" in Feed(server, timeout=0.1, tries=1).error()

    def test_nobody_there(self) -> None:
        with FeedServer() as server:
            feed = Feed(server)
        assert "NewConnectionError" in feed.error()

    @pytest.mark.parametrize(
        ("code", "fix"), [(401, "check --live_feed_key"), (403, "check --live_feed_key"), (404, "check --live_feed")]
    )
    def test_what_nobody_expects_is_not_tried_again(self, code: int, fix: str) -> None:
        with FeedServer(status(code)) as server:
            assert Feed(server).error().endswith(f"answers {code}; {fix}")
            assert len(server.paths) == 1

    def test_nobody_is_followed_elsewhere(self) -> None:
        with FeedServer(status(302, Location="/elsewhere"), boxes([])) as server:
            assert "answers 302" in Feed(server).error()
            assert server.paths == ["/v1/box_scores/live"]

    def test_an_answer_without_end_is_not_read_to_its_end(self) -> None:
        with FeedServer(boxes([{"a": "x" * 10_000}])) as server:
            assert "sent more than 5,000 bytes" in Feed(server, most_bytes=5000).error()


class TestBudget:
    def test_l1_a_call_ends_within_its_budget(self) -> None:
        with FeedServer(status(500)) as server:
            feed = Feed(server, tries=100)
            feed.error()
            assert sum(feed.clock.slept) <= 15
            assert FeedPatience().budget + FeedPatience().timeout <= 20

    def test_l1_a_server_that_asks_to_wait_is_obeyed(self) -> None:
        with FeedServer(status(429, Retry_After="3"), boxes([])) as server:
            feed = Feed(server)
            feed.fetch()
            assert feed.clock.slept == [3.0]

    def test_l1_also_when_it_names_an_instant(self) -> None:
        until = (datetime.now(timezone.utc) + timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        with FeedServer(status(429, Retry_After=until), boxes([])) as server:
            feed = Feed(server)
            feed.fetch()
            (slept,) = feed.clock.slept
            assert 2 < slept <= 9

    @pytest.mark.parametrize("value", ["soon", "-1", "Mon, 99 Foo 2026"])
    def test_l1_a_wait_that_is_not_understood_is_an_ordinary_one(self, value: str) -> None:
        with FeedServer(status(429, Retry_After=value), boxes([])) as server:
            feed = Feed(server)
            feed.fetch()
            assert feed.clock.slept == [0.5]

    def test_l1_a_wait_beyond_the_budget_is_not_begun(self) -> None:
        with FeedServer(status(429, Retry_After="60")) as server:
            feed = Feed(server)
            assert feed.error().endswith("does not answer: 429, too many requests")
            assert feed.clock.slept == []


class TestCircuit:
    def test_a_service_that_fails_is_left_alone_for_a_while(self) -> None:
        with FeedServer(status(500)) as server:
            feed = Feed(server, failures=2, rest=60, tries=1)
            for _ in range(2):
                assert "500" in feed.error()
            assert feed.error().endswith("failed too often and is left alone for another 60 s")
            assert len(server.paths) == 2
            feed.clock.now += 60
            assert "500" in feed.error()
            assert "another 60 s" in feed.error()
            server.answers(boxes([]))
            feed.clock.now += 60
            assert feed.fetch() == {"data": []}
            server.answers(status(500))
            assert "500" in feed.error(), "one failure does not open it again"
            assert "500" in feed.error()

    def test_only_one_call_is_let_through(self) -> None:
        clock = Clock()
        circuit = Circuit(1, 60, clock)
        assert circuit.enter() == 0
        circuit.broke()
        assert circuit.enter() == 60
        clock.now += 60
        assert [circuit.enter(), circuit.enter()] == [0, 60]
        circuit.succeeded()
        assert [circuit.enter(), circuit.enter()] == [0, 0]


class TestKey:
    def test_l19_the_bare_key_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FEED_KEY", KEY)
        with FeedServer(boxes([])) as server:
            Feed(server, key=EnvironmentKey("FEED_KEY")).fetch()
            Feed(server, key=EnvironmentKey("FEED_KEY"), scheme="Bearer").fetch()
            assert [sent["Authorization"] for sent in server.headers] == [KEY, f"Bearer {KEY}"]

    def test_it_is_read_again_once_it_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FEED_KEY", "old")
        with FeedServer(boxes([]), status(401), boxes([])) as server:
            feed = Feed(server, key=EnvironmentKey("FEED_KEY"))
            feed.fetch()
            monkeypatch.setenv("FEED_KEY", "new")
            feed.error()
            feed.fetch()
            assert [sent["Authorization"] for sent in server.headers] == ["old", "old", "new"]

    def test_it_shows_nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FEED_KEY", KEY)
        with FeedServer(boxes([]), status(401), reset) as server:
            feed = Feed(server, key=EnvironmentKey("FEED_KEY"))
            feed.fetch()
            told = [repr(feed.client), repr(feed.client.feed), feed.error(), feed.error()]
            told.append(repr(pickle.dumps(feed.client.feed)))
            assert KEY not in "".join(told)

    def test_one_that_is_not_there(self) -> None:
        with FeedServer(boxes([])) as server:
            found = Feed(server, key=EnvironmentKey("NO_SUCH_KEY")).error()
            assert found == "the environment variable NO_SUCH_KEY, which should hold the feed's key, is not set"
            assert server.paths == []


class TestSecret:
    VERSION = "projects/p/secrets/s/versions/latest"

    def key(self, *answers: Any) -> str:
        with FeedServer(*answers) as server:
            found = SecretKey(self.VERSION, server.url).read()
            (path,) = server.paths
            assert path.partition("?")[0] == f"/v1/{self.VERSION}:access"
            return found

    def test_it_is_read_from_secret_manager(self) -> None:
        body = json.dumps({"payload": {"data": "czNjcjN0LW9mLXRoZS1mZWVkCg=="}}).encode()
        assert self.key(lambda handler: handler.reply(200, body)) == KEY

    @pytest.mark.parametrize("fault", [reset, status(503)])
    def test_it_is_asked_for_again_when_the_connection_breaks(self, fault: Any) -> None:
        body = json.dumps({"payload": {"data": "czNjcjN0LW9mLXRoZS1mZWVkCg=="}}).encode()
        with FeedServer(fault, lambda handler: handler.reply(200, body)) as server:
            assert SecretKey(self.VERSION, server.url).read() == KEY
            assert len(server.paths) == 2

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (status(403), f"{VERSION} cannot be read: 403; grant roles/secretmanager.secretAccessor on the secret"),
            (garbage, f"{VERSION} cannot be read: Secret Manager's answer is not understood"),
        ],
    )
    def test_it_cannot_be_read(self, answer: Any, message: str) -> None:
        with pytest.raises(LiveFeedError) as raised:
            self.key(answer)
        assert str(raised.value) == message


def test_a_feed_is_a_value_that_travels() -> None:
    feed = HttpLiveFeed("https://feed.test", SecretKey("projects/p/secrets/s/versions/1"), "Bearer")
    assert pickle.loads(pickle.dumps(feed)) == feed
    assert {feed: 1}[pickle.loads(pickle.dumps(feed))] == 1


def test_the_clients_of_a_process_are_shared() -> None:
    with FeedServer(status(500)) as server:
        feed = HttpLiveFeed(server.url, patience=FeedPatience(tries=1, failures=1))
        messages = []
        for _ in range(2):
            with pytest.raises(LiveFeedError) as raised:
                HttpLiveFeed(server.url, patience=feed.patience).fetch()
            messages.append(str(raised.value))
        assert "500" in messages[0]
        assert "is left alone" in messages[1]
