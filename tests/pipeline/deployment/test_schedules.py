from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from exporters.registry import exports, groups
from pipeline.deployment.flex_launch import launch_body
from pipeline.deployment.live_schedules import differences, read_dump, scheduler_job
from pipeline.deployment.schedule_file import (
    SCHEDULES,
    Door,
    Schedule,
    SchedulesError,
    load_schedules,
    load_streamed,
    uncovered,
    understand,
)
from pipeline.deployment.schedules import check, render
from pipeline.deployment.settings import load_deployment
from pipeline.options.configuration import StreamConfig, parse_job
from pipeline.stream.job import grammar_of
from pipeline.stream.messages import Asked, Message, read_message
from tests.support.commands import FakeCommands
from tests.support.league_files import leagues_file

NOW = datetime(2026, 2, 12, 18, tzinfo=timezone.utc)
DEPLOYMENT = load_deployment()
FILE = load_schedules(now=NOW)
STREAM_OPTIONS = [
    "--warehouse=bigquery:my-project",
    "--output=gs://my-bucket/v1",
    "--input_subscription=projects/p-p/subscriptions/requests",
    "--dead_letter_topic=projects/p-p/topics/dead-letters",
]
ALL_JOBS = [replace(schedule, door=Door.JOB) for schedule in FILE]
"""The file as it is while no streaming job runs."""


def changed(tmp_path: Path, before: str, after: str) -> Path:
    text = SCHEDULES.read_text()
    assert before in text
    path = tmp_path / "schedules.yaml"
    path.write_text(text.replace(before, after, 1))
    return path


class TestTheFile:
    def test_every_export_type_is_covered(self) -> None:
        assert uncovered(FILE, load_streamed()) == []

    def test_a_request_may_name_a_league_of_the_file_that_it_names(self, tmp_path: Path) -> None:
        path = changed(tmp_path, "jobs:", f"leagues: {leagues_file(tmp_path)}\njobs:")
        path.write_text(path.read_text().replace("target_date: today", "target_date: today\n      league: wnba", 1))
        asked = load_schedules(path, now=NOW)[0].parsed
        assert (asked.league.name, asked.champion_system_id) == ("wnba", "model_1")
        path.write_text(path.read_text().replace("leagues:", "# leagues:"))
        with pytest.raises(SchedulesError, match='"wnba" is no league of this deployment'):
            load_schedules(path, now=NOW)

    def test_a_type_without_a_schedule_is_found(self) -> None:
        left = [schedule for schedule in FILE if schedule.name != "phase6-weekly-profiles"]
        assert "player-profiles" in uncovered(left)
        assert uncovered([]) == sorted(exports())

    def test_what_the_streaming_job_keeps_up_needs_no_schedule(self) -> None:
        assert load_streamed() == ("live", "live-grading")
        assert uncovered(FILE) == ["live", "live-grading"]

    def test_when_they_run(self) -> None:
        assert {schedule.name: schedule.cron for schedule in FILE} == {
            "phase6-tonight-morning": "0 11 * * *",
            "phase6-tonight-midday": "0 13 * * *",
            "phase6-tonight-pregame": "0 17 * * *",
            "phase6-daily-results": "0 5 * * *",
            "phase6-daily-calendar": "0 6 * * *",
            "phase6-quarter-hourly-news": "*/15 * * * *",
            "phase6-weekly-profiles": "0 6 * * 0",
            "phase6-trends-daily": "0 6 * * *",
            "phase6-trends-tonight": "10 11,13,17 * * *",
            "phase6-trends-monday": "0 6 * * 1",
            "phase6-trends-wednesday": "0 8 * * 3",
            "phase6-hourly-performance": "0 6-23 * * *",
        }

    def test_tonight_holds_what_the_night_needs(self) -> None:
        for schedule in FILE[:3]:
            assert {"tonight", "tonight-players", "predictions", "streaks"} <= set(schedule.parsed.export_types)
            assert schedule.request["target_date"] == "today"

    def test_profiles_are_of_every_player_with_five_games(self) -> None:
        [profiles] = [schedule for schedule in FILE if schedule.name == "phase6-weekly-profiles"]
        assert (profiles.parsed.players, profiles.parsed.min_games) == (True, 5)

    @pytest.mark.parametrize("day", [date(2026, 1, 15), date(2026, 7, 15)])
    @pytest.mark.parametrize("hour", range(6, 24))
    def test_today_is_the_day_in_new_york_at_every_hour(self, day: date, hour: int) -> None:
        at = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("America/New_York"))
        assert understand(FILE[-1].request, at).first_date == day

    def test_results_are_of_the_night_before(self) -> None:
        [results] = [schedule for schedule in FILE if schedule.name == "phase6-daily-results"]
        at = datetime(2026, 2, 12, 5, tzinfo=ZoneInfo("America/New_York"))
        assert str(understand(results.request, at).first_date) == "2026-02-11"


class TestDoors:
    def test_each_entry_of_the_file_says_its_own(self) -> None:
        jobs = yaml.safe_load(SCHEDULES.read_text(encoding="utf-8"))["jobs"]
        assert {name: job.get("door") for name, job in jobs.items()} == {s.name: str(s.door) for s in FILE}

    def test_only_the_pages_of_every_player_are_a_job_of_their_own(self) -> None:
        assert [schedule.name for schedule in FILE if schedule.door == Door.JOB] == ["phase6-weekly-profiles"]

    def test_an_entry_without_one_is_a_job(self, tmp_path: Path) -> None:
        assert load_schedules(changed(tmp_path, "    door: stream\n", ""), now=NOW)[0].door == Door.JOB

    @pytest.mark.parametrize(
        "schedule", [pytest.param(each, id=each.name) for each in FILE if each.door == Door.STREAM]
    )
    def test_the_streaming_job_reads_each_message_as_the_request(self, schedule: Schedule) -> None:
        target = scheduler_job(DEPLOYMENT, schedule)["pubsubTarget"]
        published = datetime(2026, 2, 12, 18, 0, tzinfo=timezone.utc)
        message = Message(target["data"].encode(), target["attributes"], "1", published)
        config = parse_job(STREAM_OPTIONS, known_types=tuple(exports()), groups=groups(), now=NOW)[1]
        assert isinstance(config, StreamConfig)
        read = read_message(message, grammar_of(config, launches=False))
        assert isinstance(read, Asked), read
        assert read.request == understand(schedule.request, published).to_json()
        assert target["topicName"] == DEPLOYMENT.request_topic

    @pytest.mark.parametrize("door", ["streem", "3", "[job]", "Stream"])
    def test_another_word_is_no_door(self, tmp_path: Path, door: str) -> None:
        path = changed(tmp_path, "door: stream", f"door: {door}")
        with pytest.raises(SchedulesError, match=r"phase6-tonight-morning door: .* is no door; write job or stream"):
            load_schedules(path, now=NOW)

    @pytest.mark.parametrize(
        ("before", "after", "message"),
        [
            ("door: job", "door: stream", 'phase6-weekly-profiles door: "stream" is not for pages of every player'),
            (
                "target_date: yesterday",
                'start_date: "2026-02-01"\n      end_date: "2026-02-04"',
                'phase6-daily-results door: "stream" is not for 4 dates: the streaming job answers at most 3;',
            ),
        ],
    )
    def test_a_request_that_takes_long_has_no_door_to_the_streaming_job(
        self, tmp_path: Path, before: str, after: str, message: str
    ) -> None:
        with pytest.raises(SchedulesError) as caught:
            load_schedules(changed(tmp_path, before, after), now=NOW)
        assert message in str(caught.value)


class TestRejected:
    @pytest.mark.parametrize(
        ("after", "message"),
        [
            ("streaming: [live-gradin]", '"live-gradin" is an unknown export type; did you mean live-grading?'),
            ("streaming: live-grading", '"live-grading" is no list'),
        ],
    )
    def test_wrong_types_of_the_streaming_job(self, tmp_path: Path, after: str, message: str) -> None:
        path = changed(tmp_path, "streaming: [live, live-grading]", after)
        with pytest.raises(SchedulesError) as caught:
            load_streamed(path)
        assert message in str(caught.value)
        assert check(["--file", str(path)]) == 2

    @pytest.mark.parametrize(
        ("before", "after", "message"),
        [
            ("time_zone: America/New_York", "time_zone: UTC", 'time_zone: "UTC" is not the league\'s'),
            ("time_zone: America/New_York", "timezone: America/New_York", "did you mean time_zone?"),
            ("why:", "wy:", "did you mean why?"),
            ("export_types: [tonight-all]", "export_type: [tonight-all]", "did you mean export_types?"),
            ("[tonight-all]", "[tonight-al]", "did you mean tonight-all?"),
            ("[tonight-all]", "[]", "is not a list with a name in it"),
            ("target_date: today", "target_date: tomorrow", "is not a date"),
            ("target_date: today", "date: today", "did you mean target_date?"),
            ('"0 11 * * *"', '"0 11 * *"', "is no unix-cron time"),
            ('"0 11 * * *"', '"0 24 * * *"', "is no hour"),
            ('"0 11 * * *"', '"0 9-5 * * *"', "is no hour"),
            ('"0 11 * * *"', '"0 */0 * * *"', "is no hour"),
            ('"0 11 * * *"', '"0 11 * * MON"', "is no day of week"),
            ("phase6-tonight-midday:", "phase6-tonight-morning:", "phase6-tonight-morning is given twice"),
            ("  phase6-tonight-midday:", "  tonight-midday:", "is no name of a job"),
            ('cron: "0 11 * * *"', 'cron: "0 11 * * *"\n    max_workers: 0', "is not a number of workers"),
            ('cron: "0 11 * * *"', 'cron: "0 11 * * *"\n    machine_type: 4', "is no machine type"),
            ("jobs:", "jobs: []\nother:", "has no jobs"),
            ("  phase6-tonight-midday:\n", "  phase6-x: 1\n  phase6-tonight-midday:\n", "is not a job"),
            ("time_zone:", "\t:", "is not YAML"),
        ],
    )
    def test_with_the_reason(self, tmp_path: Path, before: str, after: str, message: str) -> None:
        with pytest.raises(SchedulesError) as error:
            load_schedules(changed(tmp_path, before, after), now=NOW)
        assert message in str(error.value)

    def test_a_file_that_is_no_text(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "schedules.yaml").write_bytes(b"\xff\xfe")
        assert check([f"--file={tmp_path / 'schedules.yaml'}"]) == 2
        assert "schedules.yaml: is not YAML: " in capsys.readouterr().err

    def test_every_wrong_part_of_a_time_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SchedulesError) as error:
            load_schedules(changed(tmp_path, '"0 11 * * *"', '"60 24 * * *"'), now=NOW)
        [problem] = error.value.problems
        assert str(problem) == (
            'phase6-tonight-morning cron: "60 24 * * *" has 60, which is no minute, and 24, which is no hour; '
            "write 0 to 59, and 0 to 23, a range, or *"
        )

    def test_all_problems_at_once(self, tmp_path: Path) -> None:
        path = changed(tmp_path, "time_zone: America/New_York", "time_zone: UTC")
        path.write_text(path.read_text().replace("target_date: yesterday", "target_date: never"))
        with pytest.raises(SchedulesError) as error:
            load_schedules(path, now=NOW)
        assert len(error.value.problems) == 2

    @pytest.mark.parametrize("cron", ["*/15 * * * *", "0,30 6-23 1-5/2 */2 0-7", "0 4 29 2 *"])
    def test_times_that_are_fine(self, tmp_path: Path, cron: str) -> None:
        path = changed(tmp_path, '"0 11 * * *"', f'"{cron}"')
        assert load_schedules(path, now=NOW)[0].cron == cron


def live(schedules: Sequence[Schedule] = ALL_JOBS) -> list[dict[str, Any]]:
    """What gcloud would list if the schedules were live."""
    jobs = [copy.deepcopy(scheduler_job(DEPLOYMENT, schedule)) for schedule in schedules]
    for job in jobs:
        job["state"] = "ENABLED"
        for target, text in (("httpTarget", "body"), ("pubsubTarget", "data")):
            if target in job:
                job[target][text] = encoded(job[target][text])
    return jobs


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def found(jobs: list[dict[str, Any]], schedules: Sequence[Schedule] = ALL_JOBS) -> list[str]:
    return list(differences(DEPLOYMENT, schedules, jobs, NOW))


def set_at(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *parents, last = path.split(".")

    def change(job: dict[str, Any]) -> None:
        for key in parents:
            job = job[key]
        job[last] = value

    return change


class TestLive:
    def test_the_same(self) -> None:
        assert found(live()) == []

    def test_one_that_is_missing(self) -> None:
        [line] = found(live()[1:])
        assert line.startswith("phase6-tonight-morning (us-west2): is not live")

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (set_at("schedule", "0 12 * * *"), "schedule is 0 12 * * *, should be 0 11 * * *"),
            (set_at("timeZone", "UTC"), "timeZone is UTC, should be America/New_York"),
            (set_at("attemptDeadline", "30s"), "attemptDeadline is 30s, should be 180s"),
            (set_at("state", "PAUSED"), "state is PAUSED, should be ENABLED"),
            (set_at("httpTarget.uri", "https://example.com"), "uri is https://example.com, should be"),
            (set_at("httpTarget.httpMethod", "GET"), "httpMethod is GET, should be POST"),
            (set_at("httpTarget.oauthToken", {}), "it calls as None, should be phase6-schedule@"),
        ],
    )
    def test_one_that_was_edited(self, change: Callable[[dict[str, Any]], None], expected: str) -> None:
        jobs = live()
        change(jobs[0])
        [line] = found(jobs)
        assert line.startswith("phase6-tonight-morning (us-west2): ")
        assert expected in line

    def test_another_body_is_shown_and_read_as_the_pipeline_would(self) -> None:
        jobs = live()
        body = launch_body(DEPLOYMENT, FILE[0].name, {"export_type": "tonight", "date": "today"})
        jobs[0]["httpTarget"]["body"] = encoded(json.dumps(body))
        lines = found(jobs)
        assert "body is {" in lines[0]
        assert any("its request: export_type: " in line for line in lines)
        assert any("did you mean target_date?" in line for line in lines)

    @pytest.mark.parametrize("body", ["", "not base64!", encoded("no json")])
    def test_a_body_that_is_none(self, body: str) -> None:
        jobs = live()
        jobs[0]["httpTarget"]["body"] = body
        lines = found(jobs)
        assert lines[0].startswith("phase6-tonight-morning (us-west2): body is ")
        assert any("its request: message: is not JSON" in line for line in lines)

    def test_the_same_job_in_another_region(self) -> None:
        jobs = live()
        jobs.append({**jobs[0], "name": jobs[0]["name"].replace("us-west2", "us-central1")})
        assert found(jobs) == [
            "phase6-tonight-morning (us-central1): is live, but in no schedule of this region; "
            "delete it or write it down"
        ]

    def test_another_name_that_starts_our_template(self) -> None:
        jobs = live()
        jobs.append({**jobs[0], "name": "projects/my-project/locations/us-west2/jobs/trends-daily"})
        assert [line.partition(":")[0] for line in found(jobs)] == ["trends-daily (us-west2)"]

    def test_a_job_whose_message_the_parser_rejects(self) -> None:
        old = {
            "name": "projects/my-project/locations/us-west2/jobs/tonight-picks",
            "pubsubTarget": {
                "topicName": "projects/my-project/topics/nba-phase6-export-trigger",
                "data": encoded('{"export_type": "tonight"}'),
            },
        }
        lines = found([*live(), old])
        assert lines[0].startswith("tonight-picks (us-west2): is live, but in no schedule")
        assert "did you mean export_types?" in lines[1]

    def test_jobs_of_others_are_left_alone(self) -> None:
        other = {"name": "projects/my-project/locations/us-west2/jobs/backup", "httpTarget": {"uri": "https://a.b"}}
        assert found([*live(), other]) == []


class TestLiveMessages:
    def test_the_same(self) -> None:
        jobs = live(FILE)
        assert sum("pubsubTarget" in job for job in jobs) == len(FILE) - 1
        # Cloud Scheduler shows a deadline of every job; that of a message means nothing.
        assert found([{"attemptDeadline": "600s", **job} for job in jobs], FILE) == []

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            (set_at("schedule", "0 12 * * *"), "schedule is 0 12 * * *, should be 0 11 * * *"),
            (set_at("state", "PAUSED"), "state is PAUSED, should be ENABLED"),
            (set_at("pubsubTarget.topicName", "projects/p/topics/phase6"), "topicName is projects/p/topics/phase6"),
            (set_at("pubsubTarget.attributes", {}), "attributes is {}, should be {'schedule': 'phase6-tonight-mo"),
            (set_at("pubsubTarget.data", encoded('{"export_types": ["tonight"]}')), 'message is {"export_types": ["to'),
        ],
    )
    def test_a_message_that_was_edited(self, change: Callable[[dict[str, Any]], None], expected: str) -> None:
        jobs = live(FILE)
        change(jobs[0])
        lines = found(jobs, FILE)
        assert lines[0].startswith("phase6-tonight-morning (us-west2): ")
        assert expected in lines[0]

    def test_a_message_that_the_parser_rejects(self) -> None:
        jobs = live(FILE)
        jobs[0]["pubsubTarget"]["data"] = encoded('{"export_type": "tonight"}')
        assert any("its request: export_type: " in line for line in found(jobs, FILE))

    def test_one_that_goes_through_the_other_door(self) -> None:
        lines = found(live(ALL_JOBS), FILE)
        assert len(lines) == len(FILE) - 1
        assert f"publishes nothing, should publish to {DEPLOYMENT.request_topic}" in lines[0]
        lines = found(live(FILE), ALL_JOBS)
        assert len(lines) == len(FILE) - 1
        assert "publishes a request, should start a batch job" in lines[0]


class TestDump:
    def test_of_several_regions(self) -> None:
        assert len(read_dump(json.dumps(live()) + "\n[]\n" + json.dumps(live()[:1]))) == len(FILE) + 1
        assert read_dump("  \n") == []

    @pytest.mark.parametrize("text", ["{}", "[1]", "[{}]", "WARNING: nothing"])
    def test_of_something_else(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            read_dump(text)


class TestCommandLine:
    def test_check(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        assert check([]) == 0
        assert capsys.readouterr().out == f"{len(FILE)} schedules: 0 problems\n"
        dump = tmp_path / "dump.json"
        dump.write_text(json.dumps(live(FILE)[1:]))
        assert check([f"--live={dump}"]) == 1
        out = capsys.readouterr().out
        assert "is not live" in out
        assert "compared with what is live: 1 problems" in out
        dump.write_text(json.dumps(live()))
        assert check([f"--live={dump}", "--door=job"]) == 0
        assert check([f"--live={dump}"]) == 1

    def test_check_finds_a_type_that_nothing_exports(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path = changed(tmp_path, "export_types: [subset-performance]", "export_types: [streaks]")
        path.write_text(path.read_text().replace("[daily-results, ", "["))
        assert check([f"--file={path}"]) == 1
        assert "subset-performance: no schedule exports it" in capsys.readouterr().out

    def test_what_is_rejected(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path = changed(tmp_path, "America/New_York", "Europe/London")
        assert check([f"--file={path}"]) == 2
        assert "America/New_York" in capsys.readouterr().err
        assert check([f"--live={tmp_path / 'none.json'}"]) == 2
        assert "none.json" in capsys.readouterr().err
        (tmp_path / "odd.json").write_text("{}")
        assert check([f"--live={tmp_path / 'odd.json'}"]) == 2

    def test_render_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert render(["--json", "--door=job"]) == 0
        jobs = json.loads(capsys.readouterr().out)
        assert [job["schedule"] for job in jobs] == [schedule.cron for schedule in FILE]
        assert not any("pubsubTarget" in job for job in jobs)
        body = json.loads(jobs[0]["httpTarget"]["body"])["launchParameter"]
        assert body["containerSpecGcsPath"] == DEPLOYMENT.template
        assert json.loads(body["parameters"]["request"]) == FILE[0].request

    @pytest.mark.parametrize(
        ("described", "verbs"),
        [
            ((1, ""), {"http": ["create"], "pubsub": ["create"]}),
            ((0, '{"httpTarget": {}}'), {"http": ["update"], "pubsub": ["delete", "create"]}),
            ((0, '{"pubsubTarget": {}}'), {"http": ["delete", "create"], "pubsub": ["update"]}),
        ],
    )
    @pytest.mark.parametrize("door", [(), ("--door=job",)])
    def test_the_script_makes_or_changes_each_job(
        self,
        described: tuple[int, str],
        verbs: dict[str, list[str]],
        door: tuple[str, ...],
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
    ) -> None:
        assert render(door) == 0
        commands = FakeCommands(tmp_path / "bin")
        commands.add("gcloud", [("scheduler jobs describe", *described)])
        done = commands.run("bash", script=capsys.readouterr().out)
        assert done.returncode == 0, done.stderr
        calls = [call for call in commands.calls if call[3] != "describe"]
        for schedule in ALL_JOBS if door else FILE:
            kind = "http" if schedule.door == Door.JOB else "pubsub"
            ours = [call for call in calls if schedule.name in call]
            assert [call[3] for call in ours] == verbs[kind]
            call = ours[-1]
            assert call[4:6] == [kind, schedule.name]
            assert f"--schedule={schedule.cron}" in call
            assert "--time-zone=America/New_York" in call
            update = "update-" if call[3] == "update" else ""
            [body] = [word.partition("=")[2] for word in call if word.startswith("--message-body=")]
            if kind == "http":
                assert f"--{update}headers=Content-Type=application/json" in call
                assert json.loads(body)["launchParameter"]["jobName"] == schedule.name
            else:
                assert f"--{update}attributes=schedule={schedule.name}" in call
                assert f"--topic={DEPLOYMENT.request_topic}" in call
                assert json.loads(body) == schedule.request

    def test_no_door_but_that_of_jobs_is_for_every_entry(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert render(["--door=stream"]) == 2
        assert '--door: "stream" is no door for every entry; write --door=job' in capsys.readouterr().err

    def test_a_description_is_quoted(self) -> None:
        quoted = replace(FILE[0], why="it's $HOME")
        assert scheduler_job(DEPLOYMENT, quoted)["description"] == "it's $HOME"


class TestLaunchBody:
    @pytest.mark.parametrize("name", ["", "Phase6", "-a", "a-", "a" * 64, "a b"])
    def test_a_name_that_is_none(self, name: str) -> None:
        with pytest.raises(ValueError, match="is not understood"):
            launch_body(DEPLOYMENT, name, {})
