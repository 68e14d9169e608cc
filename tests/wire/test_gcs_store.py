from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3

from tests.transforms.stores.conformance import CACHE, StoreConformance
from tests.wire.gate import Fault, Forward, Gate, Request, Response, damage, lose, refuse, reset, truncate
from tests.wire.services import BUCKET, HASTY
from transforms.clients.retries import RetryPolicy
from transforms.clients.throttling import GCS, THROTTLING
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import ABSENT, GenerationMismatch, StoreError

DENIED = "nightly@p.iam.gserviceaccount.com does not have storage.objects.create access to the object."


@pytest.fixture
def store(gate: Gate, prefix: str) -> Iterator[GcsStore]:
    store = GcsStore(BUCKET, prefix, concurrency=8, endpoint=gate.url, retry=HASTY)
    yield store
    store.close()


def write(store: GcsStore, content: bytes = b"{}", if_generation: int | None = None) -> int:
    return store.write("a.json", content, cache_control=CACHE, metadata={"digest": "d"}, if_generation=if_generation)


def shown(store: GcsStore, path: str = "a.json") -> bytes | None:
    found = store.read(path)
    return None if found is None else found[0]


class TestGcsStore(StoreConformance):
    @pytest.fixture
    def store(self, store: GcsStore) -> GcsStore:
        return store


def test_an_object_is_one_request(store: GcsStore, gate: Gate, gcs_url: str) -> None:
    store.write("tonight/all players.json", b'{"a":1}', cache_control=CACHE, metadata={"game_date": "2026-02-03"})
    assert len(gate.requests) == 1
    path = f"{store.prefix}/tonight/all%20players.json".replace("/", "%2F")
    served = urllib3.request("GET", f"{gcs_url}/storage/v1/b/{BUCKET}/o/{path}?alt=media", timeout=10, retries=False)
    assert served.data == b'{"a":1}'
    headers = ("Content-Type", "Cache-Control", "X-Goog-Meta-Game_date")
    assert [served.headers[name] for name in headers] == ["application/json", CACHE, "2026-02-03"]
    assert store.url("tonight/all players.json").endswith(f"{store.prefix}/tonight/all%20players.json")
    assert GcsStore("b", "v1").url("a b.json") == "https://storage.googleapis.com/b/v1/a%20b.json"


def test_threads_share_as_many_connections(store: GcsStore, gate: Gate) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: store.write(f"{n}.json", b"{}", cache_control=CACHE), range(100)))
    assert len(list(store.list(""))) == 100
    assert gate.connections <= 8


def test_a_bucket_root_and_a_prefix_hold_the_same(store: GcsStore) -> None:
    root = dataclasses.replace(store, prefix="")
    write(store)
    assert [found.path for found in root.list(f"{store.prefix}/")] == [f"{store.prefix}/a.json"]
    assert shown(root, f"{store.prefix}/a.json") == b"{}"


FAULTS = {
    "503": refuse(503),
    "500": refuse(500),
    "408": refuse(408),
    "429": refuse(429),
    "reset": reset,
    "answer lost": lose(0),
    "answer turned into a 502": lose(502),
    "answer cut off": truncate,
}
UNSURE = ("reset", "answer lost", "answer turned into a 502", "answer cut off")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("generation", [None, ABSENT])
def test_a_write_survives_what_passes(store: GcsStore, gate: Gate, fault: object, generation: int | None) -> None:
    gate.inject(fault, fault, where=lambda request: request.is_upload)
    written = write(store, if_generation=generation)
    assert gate.uploads() == 3
    found = store.stat("a.json")
    assert found is not None
    assert found.generation == written
    assert shown(store) == b"{}"


@pytest.mark.parametrize("fault", [FAULTS[name] for name in UNSURE], ids=UNSURE)
def test_a_lost_answer_is_no_mismatch(store: GcsStore, gate: Gate, fault: object) -> None:
    first = write(store, b"1")
    gate.inject(fault, where=lambda request: request.is_upload)
    second = write(store, b"2", if_generation=first)
    # A second write of the same object would have had the wrong precondition.
    assert second > first
    assert shown(store) == b"2"
    assert write(store, b"3", if_generation=second) > second


@pytest.mark.parametrize("difference", ["content", "cache", "type", "metadata", "deleted"])
def test_another_writer_is_a_mismatch_even_when_an_answer_was_lost(
    store: GcsStore, gate: Gate, gcs_url: str, difference: str
) -> None:
    first = write(store, b"1")
    other = dataclasses.replace(store, endpoint=gcs_url)

    def overtaken(forward: Forward) -> Response:
        if difference == "deleted":
            other.delete("a.json")
        else:
            other.write(
                "a.json",
                b"3" if difference == "content" else b"2",
                cache_control="no-store" if difference == "cache" else CACHE,
                content_type="text/plain" if difference == "type" else "application/json",
                metadata={"digest": "x" if difference == "metadata" else "d"},
            )
        return Response(0)

    gate.inject(overtaken, where=lambda request: request.is_upload)
    with pytest.raises(GenerationMismatch, match=f"object a.json is not at generation {first}: read it"):
        write(store, b"2", if_generation=first)
    assert gate.uploads() == 3
    other.close()


def test_a_mismatch_is_an_answer(store: GcsStore, gate: Gate) -> None:
    write(store)
    with pytest.raises(GenerationMismatch, match=r"object a\.json is not absent"):
        write(store, if_generation=ABSENT)
    assert len(gate.requests) == 2


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_reads_lists_and_deletes_survive_as_well(store: GcsStore, gate: Gate, fault: object) -> None:
    write(store)
    for act in (lambda: shown(store), lambda: store.stat("a.json"), lambda: list(store.list(""))):
        expected = act()
        gate.inject(fault, fault)
        assert act() == expected
    gate.inject(fault)
    store.delete("a.json")
    assert store.stat("a.json") is None


def test_slowing_down_is_reported(store: GcsStore, gate: Gate) -> None:
    before = THROTTLING.waited(GCS)
    gate.inject(refuse(503), reset)
    write(store)
    assert THROTTLING.waited(GCS) == before
    gate.inject(refuse(429), refuse(403, "slow down", "rateLimitExceeded"))
    write(store)
    assert THROTTLING.waited(GCS) > before
    assert gate.uploads() == 6


def test_an_object_that_stays_damaged_is_not_returned(store: GcsStore, gate: Gate) -> None:
    write(store, b"[1, 2, 3]")
    gate.inject(damage, where=lambda request: request.is_download)
    assert shown(store) == b"[1, 2, 3]"
    gate.inject(*[damage] * 50, where=lambda request: request.is_download)
    with pytest.raises(StoreError, match=r"cannot read gs://.*/a\.json: what arrives does not match its checksum; run"):
        store.read("a.json")


def test_an_upload_that_is_damaged_is_refused(store: GcsStore, gate: Gate) -> None:
    def damaged(forward: Forward) -> Response:
        response = forward()
        response.body = json.dumps(json.loads(response.body) | {"crc32c": "AAAAAA=="}).encode()
        return response

    gate.inject(damaged)
    with pytest.raises(StoreError, match=r"a\.json is not what was sent; write it again"):
        write(store)


def failure(store: GcsStore, act: str) -> str:
    """Return what a call that must fail says; it is always one line, and never a mismatch."""
    calls = {
        "check": store.check,
        "write": lambda: write(store),
        "read": lambda: store.read("a.json"),
        "stat": lambda: store.stat("a.json"),
        "list": lambda: list(store.list("")),
        "delete": lambda: store.delete("a.json"),
    }
    with pytest.raises(StoreError) as raised:
        calls[act]()
    assert not isinstance(raised.value, GenerationMismatch)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("act", ["check", "write", "read", "stat", "list", "delete"])
def test_a_permission_that_is_missing_is_named_at_once(store: GcsStore, gate: Gate, act: str) -> None:
    gate.inject(*[refuse(403, DENIED, "forbidden")] * 5)
    message = failure(store, act)
    assert f"{DENIED}; grant roles/storage.objectUser on gs://{BUCKET}" in message
    assert len(gate.requests) == (5 if act == "check" else 1)


HELD = tuple(f"storage.objects.{action}" for action in ("create", "delete", "get", "list"))


def grant(*permissions: str) -> Fault:
    """The service tells which permissions are held on the bucket."""
    return lambda forward: Response(200, json.dumps({"permissions": permissions}).encode())


def asks_for_permissions(request: Request) -> bool:
    return "/iam/testPermissions" in request.target


def asks_for_the_bucket(request: Request) -> bool:
    return urlsplit(request.target).path == f"/storage/v1/b/{BUCKET}"


def is_of_objects(request: Request) -> bool:
    return f"/b/{BUCKET}/o" in request.target


def test_check_makes_no_object_where_the_service_tells_the_permissions(store: GcsStore, gate: Gate) -> None:
    gate.inject(grant(*HELD), where=asks_for_permissions)
    store.check()
    asked, _described = gate.requests
    assert parse_qs(urlsplit(asked.target).query)["permissions"] == list(HELD)


@pytest.mark.parametrize("answer", [grant(*HELD[:3]), grant(), refuse(404), refuse(501), lambda forward: Response(200)])
def test_check_tries_what_the_service_does_not_tell(store: GcsStore, gate: Gate, answer: Fault) -> None:
    gate.inject(answer, where=asks_for_permissions)
    gate.inject(*[refuse(403, DENIED)] * 4, where=is_of_objects)
    with pytest.raises(StoreError) as raised:
        store.check()
    actions = ("write", "read", "list", "overwrite and delete")
    assert [problem.partition(" gs://")[0] for problem in raised.value.problems] == [f"cannot {a}" for a in actions]
    store.check()


@pytest.mark.parametrize(
    ("action", "where"),
    [
        ("write", lambda request: request.is_upload),
        ("list", lambda request: is_of_objects(request) and "prefix=" in request.target),
        ("overwrite and delete", lambda request: request.method == "DELETE"),
    ],
)
def test_check_names_the_one_permission_that_is_missing(
    store: GcsStore, gate: Gate, action: str, where: Callable[[Request], bool]
) -> None:
    gate.inject(refuse(403, DENIED), where=where)
    with pytest.raises(StoreError) as raised:
        store.check()
    (problem,) = raised.value.problems
    assert problem.startswith(f"cannot {action} gs://{BUCKET}/{store.prefix}: 403 {DENIED}; grant ")


def test_check_leaves_nothing_behind_whatever_is_refused(store: GcsStore, gate: Gate) -> None:
    gate.inject(refuse(403, DENIED), where=lambda request: request.method == "DELETE")
    assert "cannot overwrite and delete gs://" in failure(store, "check")
    # Hidden objects as well, which a store does not list.
    found = urllib3.request("GET", f"{gate.url}/storage/v1/b/{BUCKET}/o?prefix={store.prefix}", timeout=10)
    assert json.loads(found.data).get("items", []) == []


def test_check_names_a_retention_policy(store: GcsStore, gate: Gate) -> None:
    policy = json.dumps({"retentionPolicy": {"retentionPeriod": "86400"}}).encode()
    gate.inject(lambda forward: Response(200, policy), where=asks_for_the_bucket)
    assert "its retention policy keeps objects for 86400 seconds; remove the policy" in failure(store, "check")


@pytest.mark.parametrize("act", ["check", "write", "list"])
def test_a_bucket_that_is_missing_is_named(store: GcsStore, act: str) -> None:
    nowhere = dataclasses.replace(store, bucket="nowhere")
    assert "there is no bucket nowhere; create it or choose another" in failure(nowhere, act)


@pytest.mark.parametrize("act", ["read", "stat", "delete"])
def test_a_bucket_that_is_missing_is_no_absent_object(store: GcsStore, gate: Gate, act: str) -> None:
    gate.inject(refuse(404, "The specified bucket does not exist.", "notFound"))
    assert f"there is no bucket {BUCKET}" in failure(store, act)
    gate.inject(refuse(404, f"No such object: {BUCKET}/a.json", "notFound"))
    assert store.stat("a.json") is None


@pytest.mark.parametrize(("fault", "says"), [(refuse(503, "Backend error"), "503 Backend error"), (reset, "answer")])
def test_gives_up_in_time_and_says_so(store: GcsStore, gate: Gate, fault: object, says: str) -> None:
    gate.inject(*[fault] * 1000)
    impatient = dataclasses.replace(store, retry=RetryPolicy(first=0.005, longest=0.01, total=0.5))
    message = failure(impatient, "write")
    assert says in message
    assert "tried" in message
    assert 2 < gate.uploads() < 200
    impatient.close()


def test_a_store_that_is_down_fails_every_document_within_the_time_of_one(store: GcsStore, gate: Gate) -> None:
    gate.inject(*[refuse(503, "Backend error")] * 10_000)
    impatient = dataclasses.replace(store, concurrency=2, retry=RetryPolicy(first=0.01, longest=0.05, total=0.5))

    def message(number: int) -> str:
        with pytest.raises(StoreError) as raised:
            impatient.write(f"{number}.json", b"{}", cache_control=CACHE)
        return str(raised.value)

    with ThreadPoolExecutor(2) as threads:
        messages = list(threads.map(message, range(200)))
    assert all("503 Backend error" in message for message in messages)
    # Two documents use up the time; the other 198 are not sent, but for a probe now and then.
    assert sum("does not answer (no answer for" in message for message in messages) >= 190
    assert gate.uploads() < 150
    impatient.close()


def test_a_store_that_comes_back_is_used_again(gate: Gate, prefix: str) -> None:
    policy = RetryPolicy(first=0.01, longest=0.02, total=0.2)
    store = GcsStore(BUCKET, prefix, endpoint=gate.url, retry=policy)
    gate.inject(*[refuse(503)] * 10_000)
    for _ in range(2):
        with pytest.raises(StoreError):
            write(store)
    gate.mend()
    with pytest.raises(StoreError, match="no answer for"):
        write(store)
    # The next probe, or another process, finds it up.
    store.close()
    write(store)
    assert shown(store) == b"{}"
    store.close()


def test_an_object_above_eight_mebibytes_arrives_whole(gcs_url: str, prefix: str) -> None:
    store = GcsStore(BUCKET, prefix, endpoint=gcs_url, retry=HASTY)
    content = os.urandom(9 << 20)
    write(store, content)
    assert shown(store) == content
    store.close()


def test_an_endpoint_that_is_not_there_is_named(store: GcsStore) -> None:
    nowhere = dataclasses.replace(
        store, endpoint="http://127.0.0.1:9", retry=RetryPolicy(first=0.001, longest=0.01, total=0.05)
    )
    message = failure(nowhere, "check")
    assert f"cannot reach gs://{BUCKET}: http://127.0.0.1:9 does not answer (tried" in message
    assert "refused" in message
    nowhere.close()


def test_lists_every_page_and_only_objects(store: GcsStore, gate: Gate) -> None:
    def page(names: list[str], token: str | None) -> Response:
        items = [
            {"name": f"{store.prefix}/{name}", "generation": "7", "size": "2", "crc32c": "AAAAAA=="} for name in names
        ]
        return Response(200, json.dumps({"items": items} | ({"nextPageToken": token} if token else {})).encode())

    gate.inject(
        lambda forward: page(["", "a.json"], "t1"),
        lambda forward: Response(200, b'{"nextPageToken": "t2"}'),
        lambda forward: page(["b.json", "folder/", ".hidden"], None),
    )
    assert [found.path for found in store.list("")] == ["a.json", "b.json"]
    assert ["pageToken=t1" in request.target for request in gate.requests] == [False, True, False]
    assert "pageToken=t2" in gate.requests[2].target


@pytest.mark.parametrize("call", ["write", "stat", "read", "list"])
def test_a_page_of_a_proxy_that_says_200_is_one_clear_error(store: GcsStore, gate: Gate, call: str) -> None:
    write(store)
    gate.inject(*[lambda forward: Response(200, b"<html>Sign in</html>")] * 20)
    calls = {
        "write": lambda: write(store),
        "stat": lambda: store.stat("a.json"),
        "read": lambda: store.read("a.json"),
        "list": lambda: list(store.list("")),
    }
    with pytest.raises(
        StoreError, match=r"not that of Cloud Storage, but begins with '<html>Sign in</html>'; check the"
    ):
        calls[call]()
