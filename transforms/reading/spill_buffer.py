"""What a run in one process needs later: in memory while it is little, in a temporary file beyond that."""

from __future__ import annotations

import logging
import pickle
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable
from typing import IO, Any, Generic, NamedTuple, TypeVar

LOG = logging.getLogger(__name__)

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

Encoded = tuple[Any, Any]
"""What stays in memory of a value, and its bytes."""


class _Place(NamedTuple):
    """Where a value is in the file, and what of it stayed in memory."""

    head: Any
    start: int
    size: int


def pickled(value: Any) -> Encoded:
    """Encode any value."""
    return None, pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def unpickled(_head: None, content: bytes) -> Any:
    """Decode what :func:`pickled` made."""
    return pickle.loads(content)


class SpillBuffer(Generic[KeyT, ValueT]):
    """Values by key, each taken out once.

    The first ones stay in memory. Once they weigh more than is allowed, those that follow go to a temporary file, which
    nobody else sees and which ends with the process. Where no file can be written, they stay in memory as well.

    Args:
        most: The weight that stays in memory.
        encode: Returns what stays in memory of a value that goes to the file, and its bytes.
        decode: Makes the value of both again.
    """

    def __init__(
        self,
        most: float,
        encode: Callable[[ValueT], Encoded] = pickled,
        decode: Callable[[Any, bytes], ValueT] = unpickled,
    ) -> None:
        self._most, self._encode, self._decode = most, encode, decode
        self._values: defaultdict[KeyT, list[ValueT | _Place]] = defaultdict(list)
        self._weight = 0.0
        self._file: IO[bytes] | None = None
        self._end = 0

    def add(self, key: KeyT, value: ValueT, weight: float) -> None:
        """Keep a value under a key, after those that the key has."""
        if self._weight + weight > self._most and (place := self._written(value)) is not None:
            self._values[key].append(place)
            return
        self._weight += weight
        self._values[key].append(value)

    def take(self, key: KeyT) -> list[ValueT]:
        """Return the values of a key in the order in which they came, and forget them."""
        return [self._read(value) if isinstance(value, _Place) else value for value in self._values.pop(key, ())]

    @property
    def keys(self) -> Collection[KeyT]:
        """The keys that have values."""
        return self._values.keys()

    def _written(self, value: ValueT) -> _Place | None:
        head, content = self._encode(value)
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="phase6-")  # noqa: SIM115 (it ends with this object)
            self._file.seek(self._end)
            self._file.write(content)
        except OSError as error:
            LOG.warning("no temporary file can be written, so this run takes more memory: %s", error)
            self._most = float("inf")
            return None
        place = _Place(head, self._end, len(content))
        self._end += place.size
        return place

    def _read(self, place: _Place) -> ValueT:
        assert self._file is not None
        self._file.seek(place.start)
        return self._decode(place.head, self._file.read(place.size))
