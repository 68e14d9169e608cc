"""Carry out seeded scenarios, and report: ``python -m tests.soak --runs=500``.

Exit codes: 0 no rule was broken, 1 some were.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tests.soak.faults import BUNDLE_FAULTS, FAULTS
from tests.soak.scenario import Outcome, Scenario, carry_out, graph_scenario_of, scenario_of
from tests.soak.shrinking import shrink


def main(argv: Sequence[str], carry: Callable[[Scenario], Outcome] = carry_out) -> int:
    """Carry out a command line and return its exit code; ``carry`` carries out a scenario."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="number of scenarios")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first one; the others follow")
    parser.add_argument("--most", type=int, default=3, help="violations after which to stop")
    parser.add_argument(
        "--graph_every", type=int, default=10, help="every such seed is carried out as Beam graphs as well; 0 for none"
    )
    given = parser.parse_args(argv)
    # What cannot be written is said once for each run that is made to fail.
    logging.getLogger("pipeline").setLevel(logging.ERROR)
    # Beam logs every bundle that fails, with its stack.
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    began, met, statuses, broken, done, graphs = time.monotonic(), Counter[str](), Counter[str](), 0, 0, 0
    for seed, scenario in _scenarios(given.seed, given.runs, given.graph_every):
        found = carry(scenario)
        done += 1
        graphs += scenario.on_graph
        met += found.met
        statuses += found.statuses
        if found.violations:
            broken += 1
            _say(explain(seed, scenario, found, carry))
            if broken >= given.most:
                break
    ended = f"{sum(statuses.values())} runs ended: {_listed(statuses)}"
    _say(f"\nscenarios   {done}, {graphs} of them as Beam graphs ({ended})")
    _say(f"faults      {sum(met.values())}")
    known = {**FAULTS, **BUNDLE_FAULTS}
    for kind in sorted(met, key=lambda kind: (-met[kind], kind)):
        _say(f"  {met[kind]:6} {kind}{': ' + known[kind] if kind in known else ''}")
    _say(f"violations  {broken}")
    _say(f"seconds     {time.monotonic() - began:.1f}")
    return 1 if broken else 0


def _scenarios(first: int, runs: int, graph_every: int) -> Iterator[tuple[int, Scenario]]:
    """Yield the scenarios of some seeds; graphs come in addition."""
    for seed in range(first, first + runs):
        yield seed, scenario_of(seed)
        if graph_every and seed % graph_every == 0:
            yield seed, graph_scenario_of(seed)


def explain(seed: int, scenario: Scenario, found: Outcome, carry: Callable[[Scenario], Outcome] = carry_out) -> str:
    """Return the violations of a seed, and the shortest sequence that shows the first of them."""
    rule = found.violations[0].partition(":")[0]
    least = shrink(scenario, lambda tried: _breaks(carry(tried), rule))
    again = carry(least)
    lines = [f"seed {seed} breaks a rule, {least}"]
    lines += [f"    => {violation}" for violation in again.violations[:5] or found.violations[:5]]
    return "\n".join(lines)


def _breaks(found: Outcome, rule: str) -> bool:
    return any(violation.startswith(f"{rule}:") for violation in found.violations)


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counted.most_common())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
