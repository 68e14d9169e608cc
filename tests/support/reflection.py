"""What Beam works out anew for every graph, kept by a process that runs tests.

Beam inspects the signature of each method of each DoFn a dozen times a graph, and builds an argument parser each time
it looks at an option: two fifths of the time that the graph of a night takes, and half of that of a small one. Neither
comes out differently in one process. Processes that tests start, as users start them, have Beam as it is.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from copy import deepcopy
from types import MethodType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import core

_AnyOptions = TypeVar("_AnyOptions", bound=PipelineOptions)
_Arguments = tuple[list[str], list[Any]]

inspect_arguments: Callable[[Any], _Arguments] = core.get_function_args_defaults
"""Beam's own function: names and defaults of the arguments of a callable."""
make_view: Callable[[PipelineOptions, type[PipelineOptions]], PipelineOptions] = PipelineOptions.view_as
"""Beam's own method: options as those of another class."""

_arguments: WeakKeyDictionary[Any, _Arguments] = WeakKeyDictionary()
_parsed: dict[tuple[type[PipelineOptions], tuple[str, ...]], Namespace] = {}


def arguments_of(function: Any) -> _Arguments:
    """Return the names and the defaults of the arguments of a callable; those of a method are kept."""
    if not isinstance(function, MethodType):
        return inspect_arguments(function)
    found = _arguments.get(function.__func__)
    if found is None:
        found = _arguments[function.__func__] = inspect_arguments(function)
    names, defaults = found
    return [*names], [*defaults]


def view_as(options: PipelineOptions, kind: type[_AnyOptions]) -> _AnyOptions:
    """Return options as those of another class; what a class finds in the same flags is kept."""
    if options._flags is None or kind.__init__ is not PipelineOptions.__init__:
        return make_view(options, kind)  # type: ignore[return-value]
    key = (kind, tuple(options._flags))
    if key not in _parsed:
        _parsed[key] = kind(options._flags)._visible_options
    view = kind.__new__(kind)
    view._flags, view._all_options = options._flags, options._all_options
    view._visible_options = deepcopy(_parsed[key])
    for name, value in vars(view._visible_options).items():
        view._all_options.setdefault(name, value)
    return view


def keep_what_beam_finds() -> None:
    """Keep it from now on, in this process."""
    core.get_function_args_defaults = arguments_of
    PipelineOptions.view_as = view_as
