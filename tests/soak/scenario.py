"""A scenario: the actions that a seed stands for, and how they are carried out."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pipeline.execution.in_process import run_in_process
from pipeline.execution.outcome import read_outcome
from pipeline.reporting.completion import completed
from tests.soak.faults import (
    BUNDLE_FAULTS,
    CALL_FAULTS,
    READ_FAULTS,
    SCAN_FAULTS,
    WRITE_FAULTS,
    FaultyStore,
    FaultyWarehouse,
)
from tests.soak.invariants import Ended, Judge, JudgedStore
from tests.soak.on_graph import BrokenJobError, run_on_graph
from tests.soak.pictures import FULL, LAST, NIGHT, THIN, WEEK, plan_for, warehouse_of
from tests.soak.simulation import DEAD_AFTER, WAIT, Process, Simulation
from tests.support.stores import MemoryStore
from transforms.elements.plan import LeaseRules, Plan
from transforms.publishing.lease import CONTROL_CACHE, alive_path, lease_path
from transforms.publishing.manifest import manifest_path
from transforms.publishing.status import STATUS_PATH
from transforms.stores.control import ControlledStore
from transforms.stores.folder import LocalStore
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import WarehouseError

OUTPUT = "soak"
_NOON = datetime(2025, 1, 15, 23, tzinfo=timezone.utc)
_NEVER = 1e9
PLACES = ("manifest/", "open/", "runs/", "status.json", "tonight/", "predictions/", "schemas/", "subsets/")
"""Where objects of every kind are."""
TO_THE_END = 10_000
_HTML = b"<html><body>502 Bad Gateway</body></html>"


@dataclass(frozen=True)
class Start:
    """Start a run; its clock is so many seconds wrong."""

    run: int
    kind: str
    picture: int
    skew: int = 0


@dataclass(frozen=True)
class Again:
    """Start the execution of another run once more, which is dead, or only believed to be."""

    run: int
    like: int


@dataclass(frozen=True)
class Step:
    """Let a run make some calls."""

    run: int
    calls: int


@dataclass(frozen=True)
class Fault:
    """Let the next call of a run fail that the fault fits, on a path or a table that begins with ``where``."""

    run: int
    kind: str
    where: str = ""


@dataclass(frozen=True)
class Kill:
    """End a run where it stands."""

    run: int


@dataclass(frozen=True)
class Pass:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True)
class Damage:
    """Replace an object about runs by an error page."""

    what: str


Action = Start | Again | Step | Fault | Kill | Pass | Damage
DAMAGES = {"manifest": manifest_path, "lease": lease_path, "status": lambda day: STATUS_PATH}


@dataclass(frozen=True)
class Scenario:
    """What is to happen.

    Attributes:
        actions: In order; whatever still runs after them comes to its end in turns.
        on_disk: Publish to a folder rather than to memory.
        on_graph: Carry out the runs as Beam graphs rather than in one process.
    """

    actions: tuple[Action, ...]
    on_disk: bool = False
    on_graph: bool = False

    def __str__(self) -> str:
        place = "in a folder" if self.on_disk else "in memory"
        place += ", as Beam graphs" if self.on_graph else ""
        return "\n".join([f"{place}:", *(f"    {action}" for action in self.actions)])


@dataclass
class Outcome:
    """What became of a scenario.

    Attributes:
        violations: The rules that it broke.
        met: The faults that happened, by kind.
        statuses: How its runs ended, by status.
    """

    violations: list[str]
    met: Counter[str]
    statuses: Counter[str]


def scenario_of(seed: int) -> Scenario:
    """Return the scenario of a seed: one to four runs and up to ten faults."""
    chance = random.Random(seed)
    on_disk = chance.random() < 0.3
    runs = chance.choice((1, 2, 2, 2, 3, 3, 4))
    actions: list[Action] = []
    started: list[int] = []
    waiting = list(range(runs))
    kinds = chance.choice(((NIGHT,), (NIGHT,), (WEEK,), (NIGHT, WEEK)))
    if runs > 1 and chance.random() < 0.4:
        # Something is published already.
        started.append(waiting.pop(0))
        actions += [Start(0, chance.choice(kinds), chance.choice((0, 0, 1))), Step(0, TO_THE_END)]
    for _ in range(chance.randrange(4, 24)):
        if waiting and (not started or chance.random() < 0.3):
            number = waiting.pop(0)
            started.append(number)
            picture = THIN if chance.random() < 0.12 else chance.randrange(FULL)
            skew = chance.choice((0, 0, 0, -540, 540, -30, 30))
            actions.append(Start(number, chance.choice(kinds), picture, skew))
            if chance.random() < 0.2:
                actions.append(Fault(number, chance.choice(list(SCAN_FAULTS))))
            # Read to the end mostly: most of what can go wrong goes wrong afterwards.
            actions.append(Step(number, chance.choice((10, 40, 50, 60, 70, 80, 100, 120, 150, TO_THE_END))))
            continue
        if not started:
            continue
        number, dice = chance.choice(started), chance.random()
        if dice < 0.5:
            actions.append(Step(number, chance.choice((1, 2, 3, 5, 8, 13, 21, 34, 55, 120, TO_THE_END))))
        elif dice < 0.8:
            faults = [*WRITE_FAULTS, *READ_FAULTS, *CALL_FAULTS]
            kind = chance.choice(faults if on_disk else [each for each in faults if each != "disk full"])
            where = chance.choice(PLACES) if chance.random() < 0.4 else ""
            actions += [Fault(number, kind, where), Step(number, chance.choice((1, 2, 5, 20, TO_THE_END)))]
        elif dice < 0.84:
            # One run stands still so long that another one takes its place.
            actions += [Fault(number, "frozen"), Step(number, 1), Step(chance.choice(started), TO_THE_END)]
        elif dice < 0.89:
            actions.append(Kill(number))
        elif dice < 0.93 and len(started) < 6:
            twin = 10 + len(started)
            actions += [Again(twin, number), Step(twin, chance.choice((60, 80, 100)))]
            started.append(twin)
        elif dice < 0.97:
            actions.append(Pass(chance.choice((5.0, 50.0, 400.0))))
        else:
            actions.append(Damage(chance.choice(list(DAMAGES))))
    return Scenario(tuple(actions), on_disk)


def graph_scenario_of(seed: int) -> Scenario:
    """Return the scenario of a seed as one of graphs, among whose bundles some are lost or carried out twice."""
    scenario, chance = scenario_of(seed), random.Random(f"bundles {seed}")
    actions: list[Action] = []
    for action in scenario.actions:
        if isinstance(action, Step) and chance.random() < 0.4:
            actions.append(Fault(action.run, chance.choice(list(BUNDLE_FAULTS))))
        actions.append(action)
    return replace(scenario, actions=tuple(actions), on_graph=True)


def _nothing() -> None:
    pass


def _same(it: Any) -> Any:
    return it


@dataclass(frozen=True)
class Protocol:
    """How runs publish: as the project does, or wrongly, to see that this is found out.

    Attributes:
        wrap: Makes the store of a run.
        change: Changes its plan.
    """

    wrap: Callable[[Store], Store] = _same
    change: Callable[[Plan], Plan] = _same


@dataclass
class World:
    """The runs of a scenario on one store.

    Attributes:
        base: Where objects are.
        protocol: How runs publish.
        through: The same place, as runs reach it.
        calm: Ends what disturbs runs on the way there.
        on_graph: Runs are Beam graphs; the undisturbed ones at the end are not.
    """

    base: Store
    protocol: Protocol = field(default_factory=Protocol)
    through: Store | None = None
    calm: Callable[[], None] = field(default=_nothing)
    on_graph: bool = False
    judge: Judge = field(default_factory=Judge)
    met: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    ended: list[Ended] = field(default_factory=list)
    damaged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.store = JudgedStore(self.through or self.base, self.judge, self.base)
        self.simulation = Simulation(self._beat)
        self._plans: dict[int, tuple[Start, Plan]] = {}
        self._spoilt: dict[str, set[str]] = {}

    def act(self, action: Action) -> None:
        """Carry out an action; one about a run that was never started does nothing."""
        processes = self.simulation.processes
        if isinstance(action, Start):
            if action.run not in processes:
                self._start(action.run, action)
        elif isinstance(action, Again):
            # Two processes of one execution read the same, or it is chance which of them is right.
            can = action.like in self._plans and action.run not in processes
            if can and not self._is_spoilt(action.like):
                for process in (processes[action.like], *self._twins(processes[action.like])):
                    process.armed = [armed for armed in process.armed if armed[0] not in SCAN_FAULTS]
                self._start(action.run, *self._plans[action.like])
        elif isinstance(action, Step):
            if action.run in processes:
                self.simulation.step(action.run, action.calls)
        elif isinstance(action, Fault):
            process = processes.get(action.run)
            if process is None or process.is_over or (action.kind in SCAN_FAULTS and self._twins(process)):
                return
            process.armed.append((action.kind, action.where))
        elif isinstance(action, Kill):
            if action.run in processes and not processes[action.run].is_over:
                self.met["killed"] += 1
                processes[action.run].kill()
        elif isinstance(action, Pass):
            self.simulation.pass_time(action.seconds)
        else:
            self._damage(DAMAGES[action.what]("2025-01-15"))

    def finish(self) -> None:
        """Let all runs come to their end, judge the tree, and judge it again after undisturbed runs."""
        self.simulation.drain()
        self.calm()
        self.on_graph = False
        self.judge.judge_tree(self.base, self.ended, self.damaged)
        kinds = frozenset(start.kind for start, _ in self._plans.values())
        codes: dict[str, int] = {}
        for number, kind in enumerate(kind for kind in (WEEK, NIGHT) if kind in kinds):
            self._start(100 + number, Start(100 + number, kind, LAST))
            self.simulation.drain()
            process = self.simulation.processes[100 + number]
            codes[kind] = process.result if isinstance(process.result, int) else 1
        self.judge.judge_converged(self.base, kinds, LAST, codes)

    def _is_spoilt(self, number: int) -> bool:
        return bool(self._spoilt.get(self._plans[number][1].run.execution))

    def _twins(self, process: Process) -> list[Process]:
        """Return the other processes of the same execution."""
        execution = self._plans[process.number][1].run.execution
        return [
            each
            for each in self.simulation.processes.values()
            if each is not process and self._plans[each.number][1].run.execution == execution
        ]

    def _start(self, number: int, start: Start, plan: Plan | None = None) -> None:
        now = _NOON + timedelta(seconds=self.simulation.now + start.skew)
        execution = f"{now:%Y%m%dT%H%M%S.%fZ}-{number:08x}"

        def work(process: Process) -> int:
            mine = self._plans[number][1]
            rules = LeaseRules(_NEVER, DEAD_AFTER, WAIT, time=process)
            return self._run(process, start, self.protocol.change(replace(mine, lease=rules)))

        made = plan or plan_for(start.kind, start.picture, execution=execution, lease=LeaseRules(), minute=number % 60)
        self._plans[number] = (start, made)
        self.simulation.start(number, work)

    def _run(self, process: Process, start: Start, plan: Plan) -> int:
        """Do what a run does, from reading to the exit code; heartbeats are those of the simulation."""
        spoilt = self._spoilt.setdefault(plan.run.execution, set())
        warehouse = FaultyWarehouse(warehouse_of(start.picture), process, self.met, spoilt)
        store = FaultyStore(self.protocol.wrap(self.store), process, self.met)
        try:
            if self.on_graph:
                records = run_on_graph(plan, warehouse, store, process, self.met)
            else:
                records = run_in_process(plan, warehouse, store)
            event = completed(plan, OUTPUT, records, finished=_NOON)
            # Nothing may come between the end of a run and the judgement on it.
            summary = read_outcome(plan, self.base, OUTPUT)
        except (StoreError, WarehouseError, BrokenJobError):
            self.statuses["broke off"] += 1
            return 1
        except Exception as error:
            self.judge.blame("uncaught", f"{plan.run.execution}: {type(error).__name__}: {error}")
            return 1
        self.statuses[summary.status] += 1
        twins = self._twins(process)
        ended = Ended(plan, start.kind, start.picture, frozenset(spoilt), summary, event, records, bool(twins))
        self.ended.append(ended)
        has_twin = any(not each.is_over for each in twins)
        self.judge.judge_end(ended, self.base, has_twin=has_twin)
        return summary.exit_code

    def _beat(self, process: Process) -> None:
        path = alive_path(self._plans[process.number][1].run.execution)
        self.base.write(path, b"{}", cache_control=CONTROL_CACHE)

    def _damage(self, path: str) -> None:
        if self.base.stat(path) is not None:
            self.met["damaged object"] += 1
            self.damaged.add(path)
            self.base.write(path, _HTML, cache_control=CONTROL_CACHE)


def carry_out(scenario: Scenario, protocol: Protocol = Protocol()) -> Outcome:
    """Carry out a scenario and return what became of it."""
    with _place(on_disk=scenario.on_disk) as base:
        return carry_out_in(World(base, protocol, on_graph=scenario.on_graph), scenario)


def carry_out_in(world: World, scenario: Scenario) -> Outcome:
    """Carry out a scenario in a world and return what became of it."""
    try:
        for action in scenario.actions:
            world.act(action)
        world.finish()
    finally:
        world.simulation.close()
    return Outcome(world.judge.violations, world.met, world.statuses)


@contextmanager
def _place(*, on_disk: bool) -> Iterator[Store]:
    if not on_disk:
        yield MemoryStore()
        return
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        root = Path(folder)
        yield ControlledStore(LocalStore(str(root / "public")), LocalStore(str(root / "control")))
