from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from apache_beam.portability.api import beam_runner_api_pb2

from pipeline.reference.released_stream import (
    MAPPING,
    encoded,
    graph_of,
    holds_state,
    main,
    pipeline_of_today,
    problems,
    released,
)

Pipeline = beam_runner_api_pb2.Pipeline
ANSWERS = "AnswerMessages/AnswerRequests/ParDo(AnswerRequests)"
COMMITS = "AnswerMessages/CommitEvents/ReshufflePerKey/GroupByKey"
MARKS = "AnswerMessages/MarkPublished"


@pytest.fixture(scope="module")
def today() -> Pipeline:
    return pipeline_of_today()


def step(pipeline: Pipeline, name: str) -> beam_runner_api_pb2.PTransform:
    [found] = [each for each in pipeline.components.transforms.values() if each.unique_name == name]
    return found


def changed(pipeline: Pipeline, change: Callable[[Pipeline], None]) -> Pipeline:
    made = Pipeline()
    made.CopyFrom(pipeline)
    change(made)
    return made


def renamed(pipeline: Pipeline) -> None:
    step(pipeline, ANSWERS).unique_name = "AnswerMessages/AnswerRequests/ParDo(AnswerLanes)"


def removed(pipeline: Pipeline) -> None:
    transforms = pipeline.components.transforms
    for name in [name for name, each in transforms.items() if each.unique_name == COMMITS]:
        del transforms[name]


def with_payload(pipeline: Pipeline, change: Callable[[beam_runner_api_pb2.ParDoPayload], None]) -> None:
    found = step(pipeline, ANSWERS)
    payload = beam_runner_api_pb2.ParDoPayload.FromString(found.spec.payload)
    change(payload)
    found.spec.payload = payload.SerializeToString()


def without_cell(pipeline: Pipeline) -> None:
    def change(payload: beam_runner_api_pb2.ParDoPayload) -> None:
        payload.state_specs["log"].CopyFrom(payload.state_specs["journal"])
        del payload.state_specs["journal"]

    with_payload(pipeline, change)


def of_another_coder(pipeline: Pipeline) -> None:
    [text] = [name for name, each in pipeline.components.coders.items() if each.spec.urn == "beam:coder:string_utf8:v1"]

    def change(payload: beam_runner_api_pb2.ParDoPayload) -> None:
        payload.state_specs["token"].read_modify_write_spec.coder_id = text

    with_payload(pipeline, change)


def of_another_kind(pipeline: Pipeline) -> None:
    def change(payload: beam_runner_api_pb2.ParDoPayload) -> None:
        coder = payload.state_specs["token"].read_modify_write_spec.coder_id
        payload.state_specs["token"].bag_spec.element_coder_id = coder

    with_payload(pipeline, change)


def without_timer(pipeline: Pipeline) -> None:
    with_payload(pipeline, lambda payload: payload.timer_family_specs.pop("ts-drain"))


def by_another_clock(pipeline: Pipeline) -> None:
    def change(payload: beam_runner_api_pb2.ParDoPayload) -> None:
        payload.timer_family_specs["ts-wake"].time_domain = beam_runner_api_pb2.TimeDomain.EVENT_TIME

    with_payload(pipeline, change)


def with_another_key(pipeline: Pipeline) -> None:
    [source] = step(pipeline, ANSWERS).inputs.values()
    requests = pipeline.components.coders[pipeline.components.pcollections[source].coder_id]
    requests.component_coder_ids[0] = requests.component_coder_ids[1]


def with_side_input(pipeline: Pipeline) -> None:
    [source] = step(pipeline, MARKS).inputs.values()
    step(pipeline, ANSWERS).inputs["side0"] = source

    def change(payload: beam_runner_api_pb2.ParDoPayload) -> None:
        payload.side_inputs["side0"].access_pattern.urn = "beam:side_input:iterable:v1"

    with_payload(pipeline, change)


def in_other_windows(pipeline: Pipeline) -> None:
    for strategy in pipeline.components.windowing_strategies.values():
        strategy.window_fn.urn = "beam:window_fn:fixed_windows:v1"


BREAKS = {
    renamed: f"{ANSWERS}: the step is gone, and its state is lost: has it another name now? {MAPPING}",
    removed: f"{COMMITS}: the step is gone, and its state is lost: no new step can take it over",
    without_cell: f"{ANSWERS}: the state 'journal' is gone",
    of_another_coder: f"{ANSWERS}: the state 'token' changed from read_modify_write of bytes:v1 to",
    of_another_kind: f"{ANSWERS}: the state 'token' changed from read_modify_write of bytes:v1 to bag of bytes:v1",
    without_timer: f"{ANSWERS}: the timer 'ts-drain' is gone",
    by_another_clock: f"{ANSWERS}: the timer 'ts-wake' changed from PROCESSING_TIME",
    with_another_key: f"{ANSWERS}: the input 'None' changed from kv:v1(string_utf8:v1, bytes:v1)",
    with_side_input: f"{ANSWERS}: side inputs changed from {{}} to {{'side0': 'beam:side_input:iterable:v1 of",
    in_other_windows: f"{ANSWERS}: windows changed from global_windows:v1 default to",
}


def test_a_job_of_the_last_release_can_be_updated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("a running job can be updated\n")


def test_what_is_released_is_the_whole_job() -> None:
    """A file that holds nothing would let every change pass."""
    steps = released()
    stateful = {name for name, each in steps.items() if holds_state(each)}
    assert stateful == {ANSWERS, COMMITS, "ReadMessages/Read", "ReadUpstream/Read", "Tick/GenSequence", "Tick/Impulse"}
    assert set(steps[ANSWERS]["state"]) == {"coalescer", "journal", "token"}
    assert set(steps[ANSWERS]["timers"]) == {"ts-drain", "ts-wake"}
    assert len(steps) >= 28


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
def test_a_seeded_break_is_named(today: Pipeline, change: Callable[[Pipeline], None]) -> None:
    found = problems(graph_of(today), graph_of(changed(today, change)))
    assert [line for line in found if line.startswith(BREAKS[change])], found


def test_new_steps_and_new_cells_of_state_are_allowed(today: Pipeline) -> None:
    def grow(pipeline: Pipeline) -> None:
        made = pipeline.components.transforms["new"]
        made.CopyFrom(step(pipeline, MARKS))
        made.unique_name = "AnswerMessages/CountEvents"

        def change(payload: beam_runner_api_pb2.ParDoPayload) -> None:
            payload.state_specs["more"].CopyFrom(payload.state_specs["token"])

        with_payload(pipeline, change)

    now = graph_of(changed(today, grow))
    assert len(now) == len(graph_of(today)) + 1
    assert problems(graph_of(today), now) == []
    assert problems(now, graph_of(today)) != [], "what is new today is held tomorrow"


class TestMapping:
    def test_the_mapping_that_is_proposed_makes_an_update_possible(self, today: Pipeline) -> None:
        before, now = graph_of(today), graph_of(changed(today, renamed))
        [line] = problems(before, now)
        proposed = json.loads(line.partition(MAPPING)[2].strip("'"))
        assert proposed == {ANSWERS: "AnswerMessages/AnswerRequests/ParDo(AnswerLanes)"}
        assert problems(before, now, proposed) == []

    def test_state_is_never_given_up_by_a_mapping(self, today: Pipeline) -> None:
        before, now = graph_of(today), graph_of(changed(today, removed))
        assert problems(before, now, {COMMITS: ""}) == problems(before, now) != []

    def test_a_step_without_state_is(self, today: Pipeline) -> None:
        before = graph_of(today)
        now = {name: each for name, each in before.items() if name != MARKS}
        [line] = problems(before, now)
        assert line.endswith(f'its elements on their way are lost: {MAPPING}\'{{"{MARKS}": ""}}\' gives it up')
        assert problems(before, now, {MARKS: ""}) == []

    def test_a_step_that_does_not_fit_is_no_heir(self, today: Pipeline) -> None:
        def change(pipeline: Pipeline) -> None:
            renamed(pipeline)
            step(pipeline, "AnswerMessages/AnswerRequests/ParDo(AnswerLanes)").spec.urn = "beam:transform:other:v1"

        before, now = graph_of(today), graph_of(changed(today, change))
        mapping = {ANSWERS: "AnswerMessages/AnswerRequests/ParDo(AnswerLanes)"}
        assert any("urn changed" in line for line in problems(before, now, mapping))
        assert "no new step can take it over" in problems(before, now)[0]

    def test_a_mapping_of_unknown_and_of_doubled_names_is_wrong(self, today: Pipeline) -> None:
        graph = graph_of(today)
        assert problems(graph, graph, {"NoSuchStep": ANSWERS}) == [
            "NoSuchStep: the mapping names it, and no released step has that name"
        ]
        assert f"{MARKS}: 2 released steps would become it" in problems(graph, graph, {ANSWERS: MARKS})


class TestRecording:
    def test_what_is_recorded_is_what_is_compared(
        self, today: Pipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "graph.json"
        assert main(["--record"], path) == 0
        assert released(path) == graph_of(today)
        capsys.readouterr()
        assert main(["--record"], path) == 0
        assert "recorded: nothing changed" in capsys.readouterr().out

    def test_a_break_is_not_recorded_without_its_mapping(
        self, today: Pipeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "graph.json"
        path.write_text(encoded(graph_of(changed(today, renamed))))
        before = path.read_text()
        assert main(["--record"], path) == 1
        assert "drain the running job instead of updating it" in capsys.readouterr().out
        assert path.read_text() == before
        mapping = json.dumps({"AnswerMessages/AnswerRequests/ParDo(AnswerLanes)": ANSWERS})
        assert main(["--record", MAPPING + mapping], path) == 0
        assert released(path) == graph_of(today)

    @pytest.mark.parametrize("argv", [["--force"], [f"{MAPPING}no json"], [f"{MAPPING}[]"], [f"{MAPPING}{{}}"] * 2])
    def test_other_arguments_are_refused(
        self, argv: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(argv, tmp_path / "graph.json") == 2
        assert "usage" in capsys.readouterr().out
