"""The graph of the streaming job as of the last release, and the check that today's can take over its state.

``python -m pipeline.reference.released_stream`` checks, ``--record`` writes today's graph as released. Dataflow
replaces a running job (``--update``) under these rules:

- Steps are matched by name, or by ``--transform_name_mapping``. One that is gone loses its state and its elements.
- A step keeps its transform, its coders, its windows, its side inputs, and each cell of its state and each timer.
- New steps, new outputs and new cells of state are allowed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.portability.common_urns import primitives
from apache_beam.runners.dataflow.ptransform_overrides import get_dataflow_transform_overrides
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.runners.pipeline_context import PipelineContext

from exporters.registry import exports, groups
from pipeline.execution.places import open_store, open_warehouse
from pipeline.options.configuration import StreamConfig, parse_job
from pipeline.reporting.terminal import say
from pipeline.stream.job import build_stream
from pipeline.version import ROOT

RELEASED = ROOT / "deploy" / "released-stream-graph.json"
MAPPING = "--transform_name_mapping="
RULES = """\
A running job hands its state to steps of the same names only. Do one of:
  - undo it;
  - where a step has only another name, record it with that mapping, and give it to the update: see deploy/README.md;
  - where its state cannot be taken over, delete the file, record, and drain the running job instead of updating it."""

Step = dict[str, Any]
Graph = Mapping[str, Step]

_OPTIONS = (
    "--warehouse=bigquery:my-project",
    "--output=gs://bucket/v1",
    "--input_subscription=projects/my-project/subscriptions/requests",
    "--upstream_subscription=projects/my-project/subscriptions/upstream",
    "--dead_letter_topic=projects/my-project/topics/dead-letters",
    "--completion_topic=projects/my-project/topics/done",
)
"""Those of ``deploy/stream.sh`` that add steps."""
_FIXED = ("urn", "windows")
_KEPT = ("inputs", "outputs", "state", "timers")
_WHAT = {"inputs": "the input", "outputs": "the output", "state": "the state", "timers": "the timer"}
_KEEPS_STATE = frozenset({primitives.GROUP_BY_KEY.urn, primitives.IMPULSE.urn, "beam:transform:pubsub_read:v1"})


def pipeline_of_today() -> beam_runner_api_pb2.Pipeline:
    """Return the streaming job as a portable pipeline; nothing is read, written or submitted."""
    known, made_of = tuple(exports()), {name: tuple(members) for name, members in groups().items()}
    config = parse_job(_OPTIONS, known_types=known, groups=made_of, now=datetime.now(timezone.utc))[1]
    assert isinstance(config, StreamConfig)
    options = PipelineOptions(["--streaming"])
    pipeline = beam.Pipeline(runner=BundleBasedDirectRunner(), options=options)
    build_stream(pipeline, config, open_warehouse(config), open_store(config))
    # The runner of Dataflow replaces some steps before it submits them.
    pipeline.replace_all(get_dataflow_transform_overrides(options))
    return pipeline.to_runner_api()


def graph_of(pipeline: beam_runner_api_pb2.Pipeline) -> Graph:
    """Return what an update compares of a portable pipeline: its steps by name, without those that hold others."""
    found = pipeline.components.transforms.values()
    context = PipelineContext(pipeline.components)
    steps = {
        step.unique_name: _step(step, pipeline, context) for step in found if step.spec.urn and not step.subtransforms
    }
    return dict(sorted(steps.items()))


def _step(
    step: beam_runner_api_pb2.PTransform, pipeline: beam_runner_api_pb2.Pipeline, context: PipelineContext
) -> Step:
    collections = pipeline.components.pcollections
    coders = {tag: _coder(collections[name].coder_id, pipeline, context) for tag, name in step.inputs.items()}
    made: Step = {"urn": step.spec.urn}
    payload = beam_runner_api_pb2.ParDoPayload()
    if step.spec.urn == primitives.PAR_DO.urn:
        payload = beam_runner_api_pb2.ParDoPayload.FromString(step.spec.payload)
    sides = {
        tag: f"{side.access_pattern.urn} of {coders.pop(tag)}" for tag, side in sorted(payload.side_inputs.items())
    }
    if step.spec.urn == primitives.FLATTEN.urn:
        # The inputs of a Flatten are numbered, and all alike.
        coders = {"all": ", ".join(sorted(set(coders.values())))}
    made["inputs"] = dict(sorted(coders.items()))
    made["outputs"] = {
        tag: _coder(collections[name].coder_id, pipeline, context) for tag, name in sorted(step.outputs.items())
    }
    if sides:
        made["side_inputs"] = sides
    if payload.restriction_coder_id:
        made["state"] = {"restriction": _coder(payload.restriction_coder_id, pipeline, context)}
    if payload.state_specs:
        made["state"] = {name: _state(spec, pipeline, context) for name, spec in sorted(payload.state_specs.items())}
    if payload.timer_family_specs:
        made["timers"] = {
            name: beam_runner_api_pb2.TimeDomain.Enum.Name(spec.time_domain)
            + f" {_coder(spec.timer_family_coder_id, pipeline, context)}"
            for name, spec in sorted(payload.timer_family_specs.items())
        }
    windows = {_windows(pipeline, collections[name].windowing_strategy_id) for name in step.inputs.values()}
    if windows:
        made["windows"] = ", ".join(sorted(windows))
    return made


def _state(
    spec: beam_runner_api_pb2.StateSpec, pipeline: beam_runner_api_pb2.Pipeline, context: PipelineContext
) -> str:
    kind = spec.WhichOneof("spec")
    fields = getattr(spec, kind).ListFields()
    held = [_coder(value, pipeline, context) for field, value in fields if field.name.endswith("coder_id")]
    return f"{kind.removesuffix('_spec')} of {', '.join(held)}"


def _coder(name: str, pipeline: beam_runner_api_pb2.Pipeline, context: PipelineContext) -> str:
    """Return a coder in one line: those that only Python knows by their class, others by their URN."""
    coder = pipeline.components.coders[name]
    urn = coder.spec.urn
    if urn == "beam:coder:pickled_python:v1":
        return repr(context.coders.get_by_id(name))
    shown = urn.removeprefix("beam:coder:") + coder.spec.payload.hex()
    parts = ", ".join(_coder(part, pipeline, context) for part in coder.component_coder_ids)
    return f"{shown}({parts})" if parts else shown


def _windows(pipeline: beam_runner_api_pb2.Pipeline, strategy: str) -> str:
    found = pipeline.components.windowing_strategies[strategy]
    function, trigger = found.window_fn, found.trigger.WhichOneof("trigger")
    name = function.urn.removeprefix("beam:window_fn:") + function.payload.hex()
    return f"{name} {trigger}" + (f", {found.allowed_lateness} ms late" if found.allowed_lateness else "")


def holds_state(step: Step) -> bool:
    """Whether a step has state besides the elements on their way: an update without it would lose that."""
    return step["urn"] in _KEEPS_STATE or any(step.get(name) for name in ("state", "timers", "side_inputs"))


def problems(before: Graph, now: Graph, mapping: Mapping[str, str] | None = None) -> list[str]:
    """Return why a running job of one graph cannot be updated to another one.

    Args:
        before: The graph of the running job.
        now: The graph that replaces it.
        mapping: New names of steps by their old ones; an empty one where a step without state is gone for good.
    """
    mapping = mapping or {}
    unknown = sorted(set(mapping) - set(before))
    found = [f"{name}: the mapping names it, and no released step has that name" for name in unknown]
    heirs = Counter(mapping.get(name, name) for name in before)
    found += [f"{name}: {heirs[name]} released steps would become it" for name in now if heirs[name] > 1]
    taken = set(before) & set(now)
    for name, step in before.items():
        new = mapping.get(name, name)
        if new in now:
            found += [f"{name}: {each}" for each in _changes(step, now[new])]
        elif new or holds_state(step):
            found.append(f"{name}: {_gone(name, step, {one: now[one] for one in now if one not in taken})}")
    return found


def _gone(name: str, step: Step, candidates: Graph) -> str:
    """Return that a step is gone, and the mapping that gives its place to a new step that fits it."""
    lost = "its state is lost" if holds_state(step) else "its elements on their way are lost"
    fits = [one for one, new in candidates.items() if not list(_changes(step, new))]
    if fits:
        advice = f"has it another name now? {MAPPING}'{json.dumps({name: fits[0]})}'"
    elif holds_state(step):
        advice = "no new step can take it over"
    else:
        advice = f"{MAPPING}'{json.dumps({name: ''})}' gives it up"
    return f"the step is gone, and {lost}: {advice}"


def _changes(was: Step, now: Step) -> Iterator[str]:
    for name in _FIXED:
        if was.get(name) != now.get(name):
            yield f"{name} changed from {was.get(name)} to {now.get(name)}"
    if was.get("side_inputs", {}) != now.get("side_inputs", {}):
        yield f"side inputs changed from {was.get('side_inputs', {})} to {now.get('side_inputs', {})}"
    for name in _KEPT:
        for key, value in was.get(name, {}).items():
            held = now.get(name, {}).get(key)
            if held != value:
                yield f"{_WHAT[name]} {key!r} {'is gone' if held is None else f'changed from {value} to {held}'}"


def released(path: Path = RELEASED) -> Graph:
    """Return the released graph; an empty one before the first release."""
    if not path.exists():
        return {}
    found: Graph = json.loads(path.read_text(encoding="utf-8"))
    return found


def encoded(graph: Graph) -> str:
    """Return a graph as the file holds it: a line for each step."""
    lines = (f" {json.dumps(name)}: {json.dumps(step)}" for name, step in graph.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(argv: Sequence[str], path: Path = RELEASED) -> int:
    """Check, or with ``--record`` check and record, and return the exit code."""
    given = [each for each in argv if each.startswith(MAPPING)]
    mapping = _read_mapping(given)
    if [each for each in argv if each not in given] not in ([], ["--record"]) or mapping is None:
        say(f"usage: python -m pipeline.reference.released_stream [--record] [{MAPPING}JSON]")
        return 2
    before, now = released(path), graph_of(pipeline_of_today())
    found = problems(before, now, mapping)
    for line in (*found, *([RULES] if found else [])):
        say(line)
    new = len(set(now) - set(before))
    say(
        f"{len(now)} steps, {new} not released; {f'{len(found)} problems' if found else 'a running job can be updated'}"
    )
    if not found and "--record" in argv:
        text = encoded(now)
        changed = not path.exists() or path.read_text(encoding="utf-8") != text
        path.write_text(text, encoding="utf-8")
        say(f"recorded: {path.name if changed else 'nothing changed'}")
    return 1 if found else 0


def _read_mapping(given: Sequence[str]) -> Mapping[str, str] | None:
    """Return the mapping of the command line, by default an empty one; None when it is no object of names."""
    try:
        found = json.loads(given[0].removeprefix(MAPPING)) if given else {}
    except ValueError:
        return None
    is_good = isinstance(found, dict) and all(isinstance(name, str) for name in found.values())
    return found if is_good and len(given) <= 1 else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
