from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from exporters.warehouse.tables import GAMES
from tests.soak.__main__ import explain, main
from tests.soak.faults import FAULTS, SCAN_FAULTS
from tests.soak.pictures import FULL, LAST, NIGHT, THIN, WEEK, clean
from tests.soak.scenario import (
    TO_THE_END,
    Action,
    Again,
    Damage,
    Fault,
    Kill,
    Outcome,
    Pass,
    Protocol,
    Scenario,
    Start,
    Step,
    carry_out,
    scenario_of,
)
from tests.soak.shrinking import shrink
from tests.support.stores import MemoryStore
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store

OPENED = 52
"""Calls after which a run of the night holds its date and knows what is published, and has written no document."""
OVERTAKEN = (
    Start(0, NIGHT, 0),
    Step(0, OPENED),
    Fault(0, "frozen"),
    Step(0, 1),
    Start(1, NIGHT, 1),
    Step(1, TO_THE_END),
)
"""A run looks at the date and stands still, a newer one takes the date over, and the first one goes on."""
FIXED_SEEDS = range(30)


@pytest.mark.parametrize("seed", FIXED_SEEDS)
def test_seeded_scenario_breaks_no_rule(seed: int) -> None:
    scenario = scenario_of(seed)
    found = carry_out(scenario)
    assert not found.violations, explain(seed, scenario, found)


def test_a_seed_always_has_the_same_outcome() -> None:
    first, second = (carry_out(scenario_of(11)) for _ in range(2))
    assert (first.met, first.statuses) == (second.met, second.statuses)


def test_every_kind_of_fault_happens_in_some_scenario() -> None:
    drawn = {action.kind for seed in range(300) for action in scenario_of(seed).actions if isinstance(action, Fault)}
    assert drawn == FAULTS.keys()


@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_a_fault_that_is_armed_happens(kind: str) -> None:
    before = 0 if kind in SCAN_FAULTS else OPENED
    actions = (Start(0, NIGHT, 0), Step(0, before), Fault(0, kind))
    found = carry_out(Scenario(actions, on_disk=kind == "disk full"))
    assert found.met[kind] == 1
    assert not found.violations


def test_pictures_differ_in_some_documents_and_agree_in_others() -> None:
    for kind in (NIGHT, WEEK):
        trees = [clean(frozenset({kind}), picture) for picture in (*range(FULL), LAST)]
        for number, tree in enumerate(trees):
            for other in trees[number + 1 :]:
                same = [path for path in tree if tree[path] == other[path]]
                assert 0 < len(same) < len(tree)


def test_a_run_without_faults_succeeds() -> None:
    found = carry_out(Scenario((Start(0, WEEK, 0), Step(0, TO_THE_END), Start(1, NIGHT, 1))))
    assert found.statuses == {"success": 4}
    assert not found.violations


def test_a_run_that_read_a_row_of_no_date_and_nobody_is_no_success() -> None:
    found = carry_out(Scenario((Start(0, NIGHT, 0), Fault(0, "corrupt rows", GAMES.name))))
    # The undisturbed run at the end is one.
    assert found.statuses == {"partial": 1, "success": 1}
    assert not found.violations


def test_an_older_run_that_ends_later_is_kept() -> None:
    found = carry_out(Scenario(OVERTAKEN))
    assert found.statuses == {"success": 2, "kept": 1}
    assert not found.violations


def test_a_document_that_a_newer_run_found_unchanged_is_not_replaced_by_an_older_one() -> None:
    first = (Start(0, NIGHT, 0), Step(0, TO_THE_END))
    # The older of two more runs stands still, and finds in the end what it has seen in the beginning.
    older = (Start(1, NIGHT, 1), Step(1, OPENED), Fault(1, "frozen"), Step(1, 1))
    found = carry_out(Scenario((*first, *older, Start(2, NIGHT, 2), Step(2, TO_THE_END))))
    assert found.statuses == {"success": 3, "kept": 1}
    assert not found.violations


def test_a_date_that_a_run_was_cut_off_on_stays_marked_while_the_next_one_withholds_it() -> None:
    first = (Start(0, NIGHT, 0), Step(0, TO_THE_END))
    cut_off = (Start(1, NIGHT, 1), Step(1, OPENED), Fault(1, "killed after a write", "tonight/"), Step(1, TO_THE_END))
    found = carry_out(Scenario((*first, *cut_off, Start(2, NIGHT, THIN))))
    assert found.met["killed after a write"] == 1
    assert not found.violations


def test_a_run_that_lost_its_date_does_not_replace_what_it_was_not_compared_with() -> None:
    thin = (Start(0, NIGHT, THIN), Step(0, OPENED), Fault(0, "frozen"), Step(0, 1))
    found = carry_out(Scenario((*thin, Start(1, NIGHT, 1), Step(1, TO_THE_END))))
    assert found.statuses["success"] == 2
    assert not found.violations


def test_a_thin_picture_is_withheld() -> None:
    found = carry_out(Scenario((Start(0, NIGHT, 0), Step(0, TO_THE_END), Start(1, NIGHT, THIN))))
    assert found.statuses["success"] == 2
    assert found.statuses.total() == 3
    assert not found.violations


def test_an_older_run_publishes_what_a_newer_one_withheld() -> None:
    thin = (Start(0, NIGHT, 0), Step(0, TO_THE_END), Start(1, NIGHT, THIN), Step(1, TO_THE_END))
    found = carry_out(Scenario((*thin, Start(2, NIGHT, 1), Step(2, TO_THE_END), Start(3, NIGHT, 0))))
    # The first one, the third one, and the undisturbed one at the end; the last one is older than the third.
    assert (found.statuses["success"], found.statuses["kept"]) == (3, 1)
    assert not found.violations


@dataclass
class Passing:
    """A store that passes calls on; a wrong protocol is made by changing some of them."""

    inner: Store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class WithoutPreconditions(Passing):
    """The last writer wins."""

    def write(self, path: str, content: bytes, *, if_generation: int | None = None, **more: Any) -> int:
        return self.inner.write(path, content, **more)


class WithoutOrder(Passing):
    """No object tells which run wrote it."""

    def stat(self, path: str) -> Any:
        return _nameless(self.inner.stat(path))

    def read(self, path: str) -> Any:
        found = self.inner.read(path)
        if found is not None and path.startswith("manifest/"):
            return _nameless_manifest(found[0]), found[1]
        return None if found is None else (found[0], _nameless(found[1]))

    def list(self, prefix: str, **more: Any) -> Any:
        return map(_nameless, self.inner.list(prefix, **more))


def _nameless(shown: Any) -> Any:
    if shown is None:
        return None
    metadata = {key: value for key, value in shown.metadata.items() if key not in ("as_of", "execution_id")}
    return type(shown)(**{**vars(shown), "metadata": metadata})


def _nameless_manifest(content: bytes) -> bytes:
    manifest = orjson.loads(content)
    for section in (manifest["run"], *manifest["exports"].values()):
        section["as_of"] = ""
    return orjson.dumps(manifest)


class LosingWrites(Passing):
    """Says that it wrote what it did not write."""

    def write(self, path: str, content: bytes, **more: Any) -> int:
        if path.startswith("signals/"):
            return 77
        return self.inner.write(path, content, **more)


class TearingWrites(Passing):
    """Writes half of an object."""

    def write(self, path: str, content: bytes, **more: Any) -> int:
        return self.inner.write(path, content[: len(content) // 2] if path.startswith("picks/") else content, **more)


class KeepingLeases(Passing):
    """Never gives a lease back."""

    def delete(self, path: str, **more: Any) -> None:
        if not path.startswith("open/"):
            self.inner.delete(path, **more)


class TrustingDigests(Passing):
    """Believes of a date what its manifest says: what a run that was cut off left is never repaired."""

    def list(self, prefix: str, **more: Any) -> Any:
        listed = self.inner.list(prefix, **more)
        return (self._believed(shown) for shown in listed)

    def stat(self, path: str) -> Any:
        return self._believed(self.inner.stat(path))

    def _believed(self, shown: Any) -> Any:
        found = None if shown is None else self.inner.read("manifest/2025-01-15.json")
        if found is None:
            return shown
        sections = orjson.loads(found[0])["exports"].values()
        digests = {path: digest for section in sections for path, digest in section["documents"].items()}
        metadata = {**shown.metadata, "digest": digests.get(shown.path, shown.metadata.get("digest", ""))}
        return type(shown)(**{**vars(shown), "metadata": metadata})


class WritingManifestsFirst(Passing):
    """Writes documents after the manifest that lists them."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self._late: list[tuple[str, bytes, dict[str, Any]]] = []

    def write(self, path: str, content: bytes, **more: Any) -> int:
        if path.startswith("signals/"):
            self._late.append((path, content, more))
            return 1
        return self.inner.write(path, content, **more)

    def delete(self, path: str, **more: Any) -> None:
        for late, content, options in self._late:
            self.inner.write(late, content, **options)
        self.inner.delete(path, **more)


class WithoutLeases(Passing):
    """Takes a date without a look at who has it."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self._own = MemoryStore()

    def _place(self, path: str) -> Store:
        return self._own if path.startswith("open/") else self.inner

    def write(self, path: str, content: bytes, **more: Any) -> int:
        return self._place(path).write(path, content, **more)

    def read(self, path: str) -> Any:
        return self._place(path).read(path)

    def delete(self, path: str, **more: Any) -> None:
        self._place(path).delete(path, **more)


def accepting_losses(plan: Plan) -> Plan:
    return replace(plan, accept_shrink=frozenset(plan.export_types))


class TestRules:
    """A protocol that is known to be wrong breaks the rule that forbids it."""

    @pytest.mark.parametrize(
        ("wrong", "actions", "rule"),
        [
            (
                Protocol(WithoutPreconditions),
                OVERTAKEN,
                "older over newer",
            ),
            (Protocol(WithoutOrder), (Start(0, NIGHT, 1), Step(0, TO_THE_END), Start(1, NIGHT, 0)), "older over newer"),
            (Protocol(LosingWrites), (Start(0, NIGHT, 0),), "untrue success"),
            (Protocol(TearingWrites), (Start(0, NIGHT, 0),), "torn"),
            (Protocol(KeepingLeases), (Start(0, NIGHT, 0),), "lease left"),
            (
                Protocol(TrustingDigests),
                (
                    *(Start(0, NIGHT, 0), Step(0, TO_THE_END)),
                    *(Start(1, NIGHT, 1), Step(1, OPENED), Fault(1, "refused write", "manifest/"), Step(1, TO_THE_END)),
                    Start(2, NIGHT, 2),
                ),
                "untrue success",
            ),
            (
                Protocol(change=accepting_losses),
                (Start(0, NIGHT, 0), Step(0, TO_THE_END), Start(1, NIGHT, THIN)),
                "less over full",
            ),
        ],
        ids=lambda given: given.replace(" ", "-") if isinstance(given, str) else "",
    )
    def test_a_wrong_protocol_is_caught(self, wrong: Protocol, actions: tuple[Action, ...], rule: str) -> None:
        assert not carry_out(Scenario(actions)).violations, "the right protocol withstands it"
        found = carry_out(Scenario(actions), wrong)
        assert rule in {violation.partition(":")[0] for violation in found.violations}, found.violations

    def test_seeds_alone_catch_runs_without_leases(self) -> None:
        # The first one that catches them comes first; where runs make other calls by now, it may be another one.
        seeds = (20, *range(40))
        assert any(carry_out(scenario_of(seed), Protocol(WithoutLeases)).violations for seed in seeds)


def test_a_scenario_shrinks_to_what_is_needed() -> None:
    needed = {Kill(1), Damage("lease")}
    noise = (Start(0, NIGHT, 0), Step(0, 34), Kill(1), Pass(5.0), Again(10, 0), Damage("lease"), Fault(0, "race"))
    least = shrink(Scenario(noise, on_disk=True), lambda scenario: needed <= set(scenario.actions))
    assert least == Scenario((Kill(1), Damage("lease")))


def test_numbers_shrink_as_well() -> None:
    scenario = Scenario((Start(0, NIGHT, 0, skew=540), Step(0, 120)))
    least = shrink(scenario, lambda tried: any(isinstance(each, Step) and each.calls >= 20 for each in tried.actions))
    assert least == Scenario((Step(0, 20),))


def test_a_violation_is_told_with_its_seed_and_its_shortest_sequence(capsys: pytest.CaptureFixture[str]) -> None:
    def losing(scenario: Scenario) -> Outcome:
        return carry_out(scenario, Protocol(LosingWrites))

    assert main(["--runs=3", "--most=1", "--graph_every=0"], losing) == 1
    said = capsys.readouterr().out
    assert "seed 0 breaks a rule, in memory:\n    Start(run=" in said
    assert "=> untrue record: " in said
    assert "violations  1" in said


def test_a_soak_without_violations_ends_with_0_and_counts_its_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs=2", "--seed=4"]) == 0
    said = capsys.readouterr().out
    assert "scenarios   2, 0 of them as Beam graphs (" in said
    assert "violations  0" in said
