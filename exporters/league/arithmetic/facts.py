"""Values that are computed once and then kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast, overload

ValueT = TypeVar("ValueT")
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def kept(function: FunctionT) -> FunctionT:
    """Keep the results of a function whose arguments repeat: averages, lines and minutes have some hundred values.

    Equal arguments get one result, whatever their types: the function may not tell ``1`` from ``Decimal(1)``.
    """
    return cast(FunctionT, lru_cache(maxsize=65_536)(function))


class fact(Generic[ValueT]):  # noqa: N801 (read as a decorator, like property)
    """A property that is computed on first use and then kept as an attribute of its object.

    ``functools.cached_property`` takes a lock in Python 3.10 and 3.11, which costs more than most facts do. An object
    with facts belongs to one thread.
    """

    def __init__(self, function: Callable[[Any], ValueT]) -> None:
        """Take the function that computes the value."""
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> fact[ValueT]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> ValueT: ...
    def __get__(self, instance: object | None, owner: type) -> fact[ValueT] | ValueT:
        if instance is None:
            return self
        value = self._function(instance)
        # The next access finds the attribute, and does not come here.
        instance.__dict__[self._name] = value
        return value
