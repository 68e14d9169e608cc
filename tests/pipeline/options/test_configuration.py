from __future__ import annotations

import argparse
import json
import pickle
import re
from datetime import date, datetime, timezone
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions, TestOptions, WorkerOptions
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporters.config import ExportConfig
from pipeline.options.command_line import ExportOptions, OptionsError, given_in, parse_command_line
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.options.locations import (
    BigQueryProject,
    GcsPrefix,
    LocalFolder,
    ParquetFolder,
)
from pipeline.options.option import Kind
from pipeline.options.option_table import OPTIONS
from pipeline.requests.request import RequestDefaults, RequestError, UpdateLatest, parse_request

TestOptions.__test__ = False  # Beam's class, not a test

TYPES = ("predictions", "results", "tonight")
GROUPS = {"all": TYPES}
NOW = datetime(2026, 2, 12, 18, tzinfo=timezone.utc)
PLACES = ("--warehouse=data", "--output=out")
NIGHT = (*PLACES, "--export_types=tonight", "--target_date=today")
NO_IDEA = "see --help; a job server's own options go behind a bare --"
BY_NAME = {option.name: option for option in OPTIONS}


def run(*argv: str, player_types: tuple[str, ...] = ()) -> RunConfig:
    return parse_run(argv, known_types=TYPES, groups=GROUPS, now=NOW, player_types=player_types)[1]


def configure(options: PipelineOptions) -> RunConfig:
    return RunConfig.from_given(given_in(options), known_types=TYPES, groups=GROUPS, now=NOW)


def problems(*argv: str) -> list[str]:
    with pytest.raises(OptionsError) as caught:
        run(*argv)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.problems)
    return lines


def starts(lines: list[str]) -> list[str]:
    return [re.split("[:=] ", line)[0] for line in lines]


class TestConfig:
    def test_smallest_run(self) -> None:
        config = run(*NIGHT)
        assert config == RunConfig(
            warehouse=ParquetFolder("data"),
            output=LocalFolder("out"),
            request=parse_request(
                {"export_types": ["tonight"], "target_date": "2026-02-12"},
                known_types=TYPES,
                groups=GROUPS,
                defaults=RequestDefaults(ExportConfig().champion_system_id),
                now=NOW,
            ),
            export_config=ExportConfig(),
            shards=None,
            upload_threads=32,
            dry_run=False,
            skip_preflight=False,
            json=False,
        )

    def test_every_option(self) -> None:
        config = run(
            "--warehouse=bigquery:my-project",
            "--output=gs://my-bucket/v1/",
            "--export_types=tonight,predictions",
            "--start_date=2026-02-01",
            "--end_date=yesterday",
            "--update_latest=never",
            "--generated_at=2026-02-10T18:00:00Z",
            "--champion_system_id=catboost_v10",
            "--correlation_id=a b",
            "--trigger_source=test",
            "--rewrite",
            "--min_context_rows=0",
            "--min_active_predictions=7",
            "--min_streak_length=3",
            "--shards=4",
            "--upload_threads=8",
            "--dry_run",
            "--skip_preflight",
            "--json",
        )
        assert config.warehouse == BigQueryProject("my-project")
        assert config.output == GcsPrefix("my-bucket", "v1")
        assert config.export_config == ExportConfig("catboost_v10", 0, 7, 3)
        assert (config.shards, config.upload_threads) == (4, 8)
        assert (config.dry_run, config.skip_preflight, config.json) == (True, True, True)
        request = config.request
        assert request.export_types == ("predictions", "tonight")
        assert (request.first_date, request.last_date) == (date(2026, 2, 1), date(2026, 2, 9))
        assert request.update_latest is UpdateLatest.NEVER
        assert request.generated_at == datetime(2026, 2, 10, 18, tzinfo=timezone.utc)
        assert (request.correlation_id, request.trigger_source) == ("a b", "test")
        assert (request.champion_system_id, request.rewrite) == ("catboost_v10", True)

    def test_values_may_follow_their_flags(self) -> None:
        argv = [word for argument in NIGHT for word in argument.split("=")]
        assert run(*argv) == run(*NIGHT)

    def test_players(self) -> None:
        config = run(*PLACES, "--export_types=results", "--players", "--min_games=10")
        assert (config.request.players, config.request.min_games, config.request.dates) == (True, 10, ())
        assert run(*PLACES, "--players", player_types=("results",)).request.export_types == ("results",)

    def test_request_as_json_equals_its_flags(self) -> None:
        request = json.dumps({"export_types": ["tonight"], "target_date": "today", "champion_system_id": "m"})
        config = run(*PLACES, f"--request={request}")
        assert config == run(*NIGHT, "--champion_system_id=m")
        assert config.export_config.champion_system_id == "m"
        assert run(*PLACES, "--request", json.dumps(config.request.to_json())) == config

    @pytest.mark.parametrize("name", [option.name for option in OPTIONS if option.kind is Kind.BOOLEAN])
    def test_boolean_spellings(self, name: str) -> None:
        """A Flex Template passes --flag=true; a person types --flag."""
        argv = (*PLACES, "--export_types=tonight", *([] if name == "players" else ["--target_date=today"]))
        off = run(*NIGHT, f"--{name}=false")
        on = run(*argv, f"--{name}")
        assert on == run(*argv, f"--{name}=true")
        assert off == run(*NIGHT)
        assert on != off
        (line,) = problems(*NIGHT, f"--{name}=yes")
        assert line == f'--{name}: "yes" is neither true nor false; write it like --{name}'

    def test_false_switch_goes_with_a_request(self) -> None:
        assert not run(
            *PLACES, '--request={"export_types": ["tonight"], "target_date": "today"}', "--rewrite=false"
        ).json

    def test_config_is_a_value(self) -> None:
        config = run(*NIGHT)
        assert pickle.loads(pickle.dumps(config)) == config
        assert hash(config) == hash(run(*NIGHT))

    def test_subset_picks_are_written_when_asked_for(self) -> None:
        assert run(*NIGHT, "--write_subset_picks").export_config == ExportConfig(write_subset_picks=True)
        assert run(*NIGHT, "--write_subset_picks=false").export_config == ExportConfig()

    def test_options_from_code_and_any_view(self) -> None:
        options = ExportOptions(
            [], warehouse="data", output="out", export_types="tonight", target_date="today", shards=4, dry_run=True
        )
        config = configure(options.view_as(StandardOptions))
        assert (config.shards, config.dry_run, config.request.export_types) == (4, True, ("tonight",))

    def test_options_from_a_dictionary(self) -> None:
        options = ExportOptions.from_dictionary({**dict(a[2:].split("=") for a in NIGHT), "json": True})
        assert configure(options) == run(*NIGHT, "--json")

    def test_defaults_are_those_of_the_exporters(self) -> None:
        config = ExportConfig()
        for name in ("min_context_rows", "min_active_predictions", "min_streak_length"):
            assert BY_NAME[name].default == str(getattr(config, name))
        assert config.champion_system_id in BY_NAME["champion_system_id"].described


class TestProblems:
    def test_nothing_given(self) -> None:
        assert problems() == [
            "--warehouse: is missing; add --warehouse=bigquery:my-project",
            "--output: is missing; add --output=gs://my-bucket/v1",
            "--export_types: is missing; name at least one of predictions, results, tonight, all",
            "--target_date: is missing; give target_date, or start_date and end_date, or players: true",
        ]

    def test_everything_is_reported_at_once(self) -> None:
        lines = problems(
            "--json=1",
            "--shards=0",
            "--upload_threads=many",
            "--min_streak_length=1001",
            "--min_games=-3",
            "--update_latest=always",
            "--champion_system_id=a b",
            "--target_date=2026-02-30",
            "--export_types=tonigt,,results",
            "--output=gs://",
            "--warehouse=",
            "--export-types=all",
            "--num_worker=3",
            "stray",
        )
        assert starts(lines) == [
            "--export-types",
            "--num_worker",
            "command line",
            "--warehouse",
            "--output",
            "--export_types",
            "--export_types",
            "--target_date",
            "--min_games",
            "--update_latest",
            "--champion_system_id",
            "--min_streak_length",
            "--shards",
            "--upload_threads",
            "--json",
        ]
        assert all("; " in line for line in lines)

    @pytest.mark.parametrize(
        ("argument", "line"),
        [
            ("--shards=0", '--shards: "0" is not between 1 and 10000; write it like --shards=64'),
            ("--shards=four", '--shards: "four" is not a whole number; write it like --shards=64'),
            ("--shards=4.0", '--shards: "4.0" is not a whole number; write it like --shards=64'),
            ("--shards", '--shards: "" is empty; write it like --shards=64'),
            ("--shards=４", '--shards: "\\uff14" is not a whole number; write it like --shards=64'),
            ("--min_games=5", "--min_games: 5 means nothing without players; add players: true or remove it"),
            (
                "--champion_system_id=",
                '--champion_system_id: "" is empty; write it like --champion_system_id=catboost_v9',
            ),
            (
                "--correlation_id=a\nb",
                '--correlation_id: "a\\nb" has control characters; use printable characters only',
            ),
            (
                "--end_date=today",
                '--target_date: "today" excludes end_date; '
                "give target_date, or start_date and end_date, or players: true, only one",
            ),
            ("--target_date=today", '--target_date: "today" is one of 2 values; give it once'),
            ("--dry_run=maybe", '--dry_run: "maybe" is neither true nor false; write it like --dry_run'),
            (
                "--num_workers=abc",
                "command line: cannot be read: argument --num_workers: invalid int value: 'abc'; see --help",
            ),
        ],
    )
    def test_one_line_per_problem(self, argument: str, line: str) -> None:
        assert problems(*NIGHT, argument) == [line]

    @pytest.mark.parametrize(
        "name", [option.name for option in OPTIONS if option.kind is not Kind.BOOLEAN and not option.is_secret]
    )
    def test_empty_and_repeated_values(self, name: str) -> None:
        for argument in (f"--{name}=", f"--{name}"):
            assert f'--{name}: "" is empty' in "\n".join(problems(argument))
        line = next(line for line in problems(f"--{name}=x", f"--{name}", "z") if line.startswith(f"--{name}:"))
        assert line == f'--{name}: "z" is one of 2 values; give it once'

    @pytest.mark.parametrize("name", [option.name for option in OPTIONS if option.is_secret])
    def test_no_problem_repeats_what_may_be_a_secret(self, name: str) -> None:
        secret = "https://hooks.slack.com/services/T0/B0/hush"
        for arguments in ([f"--{name}={secret}"], [f"--{name}=x", f"--{name}={secret}"]):
            told = "\n".join(problems(*NIGHT, *arguments))
            assert f"--{name}: " in told
            assert "hush" not in told
            assert "hooks.slack.com" not in told

    def test_broken_option_is_reported_once(self) -> None:
        assert starts(problems(*PLACES, "--export_types=", "--target_date=")) == ["--export_types", "--target_date"]

    @pytest.mark.parametrize(
        ("request_json", "line"),
        [
            ("{", "--request: message: is not JSON at line 1, column 2"),
            ("[]", "--request: message: [] is not a JSON object"),
            ('{"export_types": ["tonight"], "date": "today"}', '--request: date: "today" was given to an unknown key'),
            ("{}", "--request: export_types: is missing"),
            ("", '--request: "" is empty'),
        ],
    )
    def test_request_as_json(self, request_json: str, line: str) -> None:
        assert problems(*PLACES, f"--request={request_json}")[0].startswith(line)

    def test_request_excludes_its_flags(self) -> None:
        request = '{"export_types": ["tonight"], "target_date": "today"}'
        lines = problems(*PLACES, f"--request={request}", "--target_date=today", "--rewrite", "--players=false")
        assert lines == [
            '--target_date: "today" excludes --request; put it into --request',
            '--rewrite: "true" excludes --request; put it into --request',
        ]

    def test_subset_picks_are_written_to_bigquery(self) -> None:
        config = run("--warehouse=bigquery:my-project", *NIGHT[1:], "--write_subset_picks")
        assert config.export_config.write_subset_picks

    def test_dataflow_needs_shared_places(self) -> None:
        lines = problems(*NIGHT, "--runner=DataflowRunner")
        assert [line.split(";")[0] for line in lines] == [
            '--warehouse: "data" is a folder, which the workers of Dataflow do not share',
            '--output: "out" is a folder, which the workers of Dataflow do not share',
        ]

    def test_a_wrong_place_does_not_hide_what_is_wrong_beside_it(self) -> None:
        lines = problems(*NIGHT[2:], "--warehouse=data", "--output=", "--runner=DataflowRunner")
        assert starts(lines) == ["--warehouse", "--output"]
        lines = problems(*NIGHT[2:], "--warehouse=bigquery:my-project", "--output=s3://x", "--shards=0")
        assert starts(lines) == ["--output", "--shards"]
        lines = problems(*NIGHT[2:], "--output=", "--live_feed=s3://x", "--live_feed_key=env:K", "--gcs_endpoint=h")
        assert starts(lines) == ["--warehouse", "--output", "--gcs_endpoint", "--live_feed", "--live_feed_key"]


class TestUnknownFlags:
    @pytest.mark.parametrize(
        ("argument", "line"),
        [
            ("--export-types=all", '--export-types: "all" is an unknown flag; did you mean --export_types?'),
            ("--export_type=all", '--export_type: "all" is an unknown flag; did you mean --export_types?'),
            ("--date=today", '--date: "today" is an unknown flag; did you mean --target_date?'),
            ("--game_date=today", '--game_date: "today" is an unknown flag; did you mean --target_date?'),
            ("--since=today", '--since: "today" is an unknown flag; did you mean --start_date?'),
            ("--warehous=x", '--warehous: "x" is an unknown flag; did you mean --warehouse?'),
            ("-output=x", '-output: "x" is an unknown flag; did you mean --output?'),
            ("--dryrun", "--dryrun: is an unknown flag; did you mean --dry_run?"),
            ("--machinetype=n1", '--machinetype: "n1" is an unknown flag; did you mean --machine_type?'),
            ("--qqqqq=1", f'--qqqqq: "1" is an unknown flag; {NO_IDEA}'),
            ("--forge\nline=1", f'"--forge\\nline": "1" is an unknown flag; {NO_IDEA}'),
            ("tonight", 'command line: "tonight" belongs to no flag; write --flag=value'),
        ],
    )
    def test_nearest_flag_is_named(self, argument: str, line: str) -> None:
        with pytest.raises(OptionsError) as caught:
            parse_command_line([argument])
        assert str(caught.value) == line

    def test_value_behind_an_unknown_flag_is_not_reported_again(self) -> None:
        with pytest.raises(OptionsError) as caught:
            parse_command_line(["--date", "today", "stray"])
        assert starts(str(caught.value).splitlines()) == ["--date", "command line"]

    def test_abbreviations_are_unknown(self) -> None:
        with pytest.raises(OptionsError, match=r"did you mean --target_date\?"):
            parse_command_line(["--target=today"])

    def test_beam_options_are_known(self) -> None:
        options = parse_command_line(
            [*NIGHT, "--runner=DirectRunner", "--num_workers=3", "--experiments=a", "--experiments=b", "--no_auth"]
        )
        assert options.view_as(StandardOptions).runner == "DirectRunner"
        assert options.view_as(WorkerOptions).num_workers == 3

    def test_options_of_a_late_runner_are_known(self) -> None:
        parse_command_line(["--runner=RenderRunner", "--render_output=x.svg"])

    def test_job_server_options_go_behind_a_bare_dash(self) -> None:
        options = parse_command_line(["--shards=2", "--", "--checkpointing_interval=60000"])
        passed = options.get_all_options(retain_unknown_options=True)
        assert (passed["checkpointing_interval"], passed["shards"]) == ("60000", "2")

    def test_unreadable_beam_option_does_not_hide_the_rest(self) -> None:
        assert starts(problems("--runner", "--shards=0", "--json=1", "--json=2")) == [
            "command line",
            "--warehouse",
            "--output",
            "--export_types",
            "--target_date",
            "--shards",
            "--json",
        ]

    def test_command_line_is_left_alone(self) -> None:
        argv = [*NIGHT, "--dry_run", "--", "--x=1"]
        parse_command_line(argv)
        assert argv == [*NIGHT, "--dry_run", "--", "--x=1"]


LAUNCHER = (
    "--experiments=use_runner_v2",
    "--job_name=phase6-night",
    '--labels={"team": "data"}',
    "--machine_type=e2-standard-2",
    "--max_num_workers=4",
    "--network=default",
    "--no_use_public_ips",
    "--project=my-project",
    "--region=us-west2",
    "--runner=DataflowRunner",
    "--sdk_container_image=phase6-export:1",
    "--service_account_email=phase6-worker@my-project.iam.gserviceaccount.com",
    "--staging_location=gs://my-work/staging",
    "--subnetwork=regions/us-west2/subnetworks/default",
    "--temp_location=gs://my-work/temp",
    "--template_location=gs://my-work/staging/template_launches/1/job_object",
)
"""What the launcher of a Flex Template adds to the parameters that it was given."""


class TestBeam:
    def test_what_a_launcher_adds_is_understood(self) -> None:
        options = parse_command_line([*NIGHT, *LAUNCHER])
        given = options.get_all_options()
        assert given["template_location"].endswith("/job_object")
        assert given["machine_type"] == "e2-standard-2"
        assert given["use_public_ips"] is False

    def test_no_flag_clashes_with_beam(self) -> None:
        everything = ExportOptions([*NIGHT, "--shards=2"]).get_all_options()
        assert everything["shards"] == "2"
        assert {option.name for option in OPTIONS} <= set(everything)

    def test_flags_of_beam_are_marked(self) -> None:
        parser = argparse.ArgumentParser()
        for declaring in PipelineOptions.__subclasses__():
            if declaring.__module__.startswith("apache_beam."):
                declaring._add_argparse_args(_Tolerant(parser))
        flags = set(parser._option_string_actions)
        assert {option.flag for option in OPTIONS if option.of_beam} == {o.flag for o in OPTIONS} & flags

    def test_dry_run_reaches_beam(self) -> None:
        assert parse_command_line(["--dry_run"]).view_as(TestOptions).dry_run
        assert not parse_command_line(["--dry_run=false"]).view_as(TestOptions).dry_run

    def test_options_survive_pickling(self) -> None:
        options = pickle.loads(pickle.dumps(parse_command_line([*NIGHT, "--dry_run"])))
        assert configure(options) == run(*NIGHT, "--dry_run")

    def test_beams_own_help_can_be_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            ExportOptions(["--help"])
        assert "--warehouse" in capsys.readouterr().out


class _Tolerant:
    """Stands in for Beam's parser, and takes its value providers for plain arguments."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.add_argument = parser.add_argument

    def add_value_provider_argument(self, *args: Any, **kwargs: Any) -> None:
        self.add_argument(*args, **kwargs)


@pytest.mark.parametrize(
    ("name", "accepted", "rejected"),
    [
        (
            "export_types",
            ["tonight", "tonight,results", "all"],
            ["", ",", "tonight,", "Tonight", "tonight results"],
        ),
        (
            "target_date",
            ["today", "yesterday", "2026-02-12"],
            ["", "Today", "20260212", "2026-02-12\n", "2026-2-12"],
        ),
        ("start_date", ["2026-02-01"], ["2026-02", "tomorrow"]),
        ("end_date", ["2026-02-28"], ["2026-02-28T00:00:00Z"]),
        ("players", ["true", "false"], ["", "yes", "1", "True"]),
        ("rewrite", ["true", "false"], ["", "yes"]),
        ("min_games", ["1", "5", "1000"], ["", "0", "-1", "1001", "5.0", "five"]),
        ("update_latest", ["auto", "never", "force"], ["", "true", "AUTO", "auto "]),
        (
            "generated_at",
            ["2026-02-12T18:00:00Z", "2026-02-12T13:00:00.5-05:00"],
            ["", "2026-02-12", "2026-02-12T18:00:00", "2026-02-12 18:00:00Z", "now", "1770000000"],
        ),
        ("champion_system_id", ["catboost_v9", "a.b-c"], ["", "a b", "a/b", "x" * 101, "a\n"]),
        ("correlation_id", ["x", "a b", "x" * 200], ["", "x" * 201, "a\nb"]),
        ("trigger_source", ["scheduler"], ["", "a\tb"]),
    ],
)
def test_table_and_request_accept_the_same(name: str, accepted: list[str], rejected: list[str]) -> None:
    base = {"export_types": "tonight", "target_date": "today"}
    if name in ("start_date", "end_date"):
        base = {"export_types": "tonight", "start_date": "2026-02-01", "end_date": "2026-02-28"}
    elif name == "min_games":
        base = {"export_types": "tonight", "players": "true"}
    elif name == "players":
        base = {"export_types": "tonight"}
    for value in accepted:
        scope = {"target_date": "today"} if (name, value) == ("players", "false") else {}
        argv = [f"--{key}={text}" for key, text in {**base, **scope, name: value}.items()]
        assert run(*PLACES, *argv).request
        assert BY_NAME[name].problem(value) is None, value
    for value in rejected:
        argv = [f"--{key}={text}" for key, text in {**base, name: value}.items()]
        assert any(line.startswith(f"--{name}:") for line in problems(*PLACES, *argv)), value
        assert BY_NAME[name].problem(value) is not None, value


WORDS = st.sampled_from(
    ["today", "tonight", "", "x", "2026-02-12", "-", "--", "true", "5", "-5", "{}", "\ud800", "a\nb"]
)
FLAGS = st.sampled_from(
    [*(option.flag for option in OPTIONS), "--runner", "--num_workers", "--nope", "-x", "--no_auth"]
)
ARGUMENTS = WORDS | FLAGS | st.builds("{}={}".format, FLAGS, WORDS | st.text(max_size=8))


@settings(max_examples=40)
@example(["--runner"])
@example(["--dry_run", "--num_workers", "--shards"])
@example(["--", "--runner"])
@example(["--", "--dry_run", "--", "--num_workers=x"])
@example(["--", "--shards", "--shards", "--nope"])
@given(st.lists(ARGUMENTS, max_size=8))
def test_random_command_lines_raise_nothing_but_options_errors(argv: list[str]) -> None:
    try:
        run(*argv)
    except OptionsError as error:
        check_message(error)


def check_message(error: OptionsError) -> None:
    lines = str(error).splitlines()
    assert len(lines) == len(error.problems) > 0
    assert not isinstance(error, RequestError)


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (("--as_of=2026-02-12T18:00:01Z",), '--as_of: "2026-02-12T18:00:01Z" is yet to come; give a past instant'),
        (("--as_of=yesterday",), '--as_of: "yesterday" is not an instant'),
        (
            ("--as_of=2026-02-12T17:00:00Z", "--write_subset_picks"),
            '--as_of: "2026-02-12T17:00:00Z" excludes --write_subset_picks: past picks are not written again',
        ),
        (("--control_output=out",), '--control_output: "out" is where readers of the output can see it'),
        (("--control_output=out/control",), '--control_output: "out/control" is where readers of the output can see'),
        (("--lease_wait=-1",), '--lease_wait: "-1"'),
    ],
    ids=str,
)
def test_pictures_and_private_places(flags: tuple[str, ...], problem: str) -> None:
    [found] = problems("--warehouse=w", "--output=out", "--export_types=tonight", "--target_date=today", *flags)
    assert found.startswith(problem)
