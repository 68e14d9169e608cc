"""Values that stay encoded while they pass through a shuffle.

A runner encodes and decodes a large value at every step between producer and consumer: where collections are flattened,
where they are grouped, and once more where it estimates the size.
"""

from __future__ import annotations

import inspect
import pickle
from dataclasses import MISSING, Field
from typing import Any

_PACKED = "_packed"


class Packing:
    """Mixin of dataclasses without slots: pickled once, and unpickled on the first access to a field.

    After the first pickling it holds the bytes instead of its fields, and copying it is cheap. A field has no default
    value, only a factory: Python would find the default in the class, and would not call ``__getattr__``.
    """

    def __init_subclass__(cls) -> None:
        for name in inspect.get_annotations(cls):
            declared = cls.__dict__.get(name, MISSING)
            if (declared.default if isinstance(declared, Field) else declared) is not MISSING:
                raise TypeError(f"{cls.__name__}.{name} has a default value: give it a factory")

    def __getstate__(self) -> bytes:
        if _PACKED not in self.__dict__:
            packed = pickle.dumps(self.__dict__, pickle.HIGHEST_PROTOCOL)
            self.__dict__.clear()
            self.__dict__[_PACKED] = packed
        state: bytes = self.__dict__[_PACKED]
        return state

    def __setstate__(self, packed: bytes) -> None:
        self.__dict__[_PACKED] = packed

    def __getattr__(self, name: str) -> Any:
        # Python calls this for a missing attribute: a field, while the bytes stand in its place.
        if _PACKED not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._unpack()
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if _PACKED in self.__dict__:
            self._unpack()
        super().__setattr__(name, value)

    def _unpack(self) -> None:
        self.__dict__.update(pickle.loads(self.__dict__.pop(_PACKED)))
