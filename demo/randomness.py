"""Independent random streams: a change in one part of the league moves nothing in another."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the generator of one purpose."""
    return np.random.default_rng([seed, *(crc32(str(part).encode()) for part in purpose)])
