"""What real data has wrong with it, on purpose and in small numbers.

``BLEMISHES`` lists every case. Most spoil the clean frames in place; the cases of ``anatomy`` grow out of the simulated
league itself and are only counted, so that this list is complete. Each case returns the number of rows it touched.
"""

from __future__ import annotations

from demo.blemishes import anatomy, forecasts, inputs, people, results, subsets
from demo.blemishes.workbench import Blemish, Workbench
from demo.league import League
from demo.randomness import stream
from demo.tables.frames import Frame

BLEMISHES: tuple[Blemish, ...] = (
    *forecasts.BLEMISHES,
    *results.BLEMISHES,
    *inputs.BLEMISHES,
    *people.BLEMISHES,
    *subsets.BLEMISHES,
    inputs.rare_nulls,
    *anatomy.BLEMISHES,
)
"""Every case, in the order in which they are applied."""


def inject(league: League, frames: dict[str, Frame]) -> dict[str, int]:
    """Apply every case to the clean frames and return the rows touched by each, by name."""
    touched = {}
    for blemish in BLEMISHES:
        rng = stream(league.options.seed, "blemish", blemish.__name__)
        touched[blemish.__name__] = blemish(Workbench(league, frames, rng))
    return touched
