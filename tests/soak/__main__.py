"""Carry out seeded scenarios, and report: ``python -m tests.soak --runs=500``.

Exit codes: 0 no rule was broken, 1 some were.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.soak.faults import FAULTS
from tests.soak.scenario import Outcome, Scenario, carry_out, scenario_of
from tests.soak.shrinking import shrink


def main(argv: Sequence[str], carry: Callable[[Scenario], Outcome] = carry_out) -> int:
    """Carry out a command line and return its exit code; ``carry`` carries out a scenario."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=500, help="number of scenarios")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first one; the others follow")
    parser.add_argument("--most", type=int, default=3, help="violations after which to stop")
    given = parser.parse_args(argv)
    # What cannot be written is said once for each run that is made to fail.
    logging.getLogger("pipeline").setLevel(logging.ERROR)
    began, met, statuses, broken, done = time.monotonic(), Counter[str](), Counter[str](), 0, 0
    for seed in range(given.seed, given.seed + given.runs):
        found = carry(scenario_of(seed))
        done += 1
        met += found.met
        statuses += found.statuses
        if found.violations:
            broken += 1
            _say(explain(seed, found, carry))
            if broken >= given.most:
                break
    _say(f"\nscenarios   {done} ({sum(statuses.values())} runs ended: {_listed(statuses)})")
    _say(f"faults      {sum(met.values())}")
    for kind in sorted(met, key=lambda kind: (-met[kind], kind)):
        _say(f"  {met[kind]:6} {kind}{': ' + FAULTS[kind] if kind in FAULTS else ''}")
    _say(f"violations  {broken}")
    _say(f"seconds     {time.monotonic() - began:.1f}")
    return 1 if broken else 0


def explain(seed: int, found: Outcome, carry: Callable[[Scenario], Outcome] = carry_out) -> str:
    """Return the violations of a seed, and the shortest sequence that shows the first of them."""
    rule = found.violations[0].partition(":")[0]
    least = shrink(scenario_of(seed), lambda scenario: _breaks(carry(scenario), rule))
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
