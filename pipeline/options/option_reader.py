"""Reading the values of options: every problem is collected, and none is raised on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions, TestOptions

from exporters.config import ExportConfig
from pipeline.options.command_line import ExportOptions
from pipeline.options.guard_options import GUARD_OPTIONS, OptionTextError, accepted_shrinks, guard_rules
from pipeline.options.locations import BigQueryProject, parse_output, parse_warehouse
from pipeline.options.option import Group, Kind, Option
from pipeline.options.option_table import BY_NAME, OPTIONS, REQUEST_OPTIONS
from pipeline.requests.problems import Problem, show
from pipeline.requests.request import ExportRequest, RequestDefaults, RequestError, parse_object, parse_request

PlaceT = TypeVar("PlaceT")

_RULES = ("min_context_rows", "min_active_predictions", "min_streak_length")


def place_of(problem: Problem) -> int:
    """Return where the help text tells of the option of a problem; one of Beam's comes first."""
    name = problem.key.lstrip("-").partition(":")[0]
    return list(BY_NAME).index(name) if name in BY_NAME else -1


class OptionReader:
    """Reads one option at a time, and collects what is wrong instead of stopping at it."""

    def __init__(self, options: PipelineOptions) -> None:
        self.problems: list[Problem] = []
        self._texts: dict[str, str] = {}
        self._broken: set[str] = set()
        self._is_remote = "dataflow" in str(options.view_as(StandardOptions).runner).lower()
        ours, beams = options.view_as(ExportOptions), options.view_as(TestOptions)
        for option in OPTIONS:
            value = getattr(beams if option.of_beam else ours, option.name)
            if isinstance(value, tuple):
                self._break(
                    option, Problem(option.flag, show(value[-1]), f"is one of {len(value)} values", "give it once")
                )
            elif value == "":
                self._break(option, option.wrong(value, "is empty"))
            elif value is not None:
                self._texts[option.name] = str(value).lower() if isinstance(value, bool) else str(value)

    def _break(self, option: Option, problem: Problem) -> None:
        self.problems.append(problem)
        self._broken.add(option.name)

    def place(self, name: str, parse: Callable[[str], PlaceT]) -> PlaceT | None:
        """Return where to read or write; None when that is wrong."""
        option = BY_NAME[name]
        if name in self._broken:
            return None
        if name not in self._texts:
            self.problems.append(Problem(option.flag, "", "is missing", f"add {option.flag}={option.example}"))
            return None
        text = self._texts[name]
        try:
            parsed = parse(text)
        except ValueError as error:
            self.problems.append(option.wrong(text, str(error)))
            return None
        if self._is_remote and not re.fullmatch(option.remote_regex, text):
            self.problems.append(option.wrong(text, "is a folder, which the workers of Dataflow do not share"))
        return parsed

    def job(self, champion_system_id: str) -> dict[str, Any]:
        """Return what every job needs, as the arguments of :class:`JobConfig`; some are None when they are wrong."""
        warehouse = self.place("warehouse", parse_warehouse)
        output = self.place("output", parse_output)
        rest_endpoint, storage_endpoint = self.pair("bigquery_rest_endpoint", "bigquery_storage_endpoint")
        live_feed, live_feed_key, live_feed_scheme = self.live_feed()
        rules: dict[str, Any] = {name: self.number(BY_NAME[name]) for name in _RULES}
        write_subset_picks = self.switch("write_subset_picks")
        if write_subset_picks and isinstance(warehouse, BigQueryProject):
            reason = "writes to folders only, and the warehouse is a BigQuery project"
            self.problems.append(Problem("--write_subset_picks", "true", reason, "leave it out"))
        return {
            "warehouse": warehouse,
            "output": output,
            "export_config": ExportConfig(
                champion_system_id=champion_system_id, write_subset_picks=write_subset_picks, **rules, **self.guards()
            ),
            "bigquery_rest_endpoint": rest_endpoint,
            "bigquery_storage_endpoint": storage_endpoint,
            "live_feed": live_feed,
            "live_feed_key": live_feed_key,
            "live_feed_scheme": live_feed_scheme,
            **{name: self.text(name) for name in ("bigquery_quota_project", "gcs_endpoint", "completion_topic")},
            **{name: self.number(BY_NAME[name]) for name in ("shards", "upload_threads")},
            **{name: self.switch(name) for name in ("validate", "dry_run", "skip_preflight", "json")},
        }

    def guards(self) -> dict[str, Any]:
        """Return the rules of the guards, as arguments of :class:`ExportConfig`."""
        names = [option.name for option in GUARD_OPTIONS if option.group is Group.RULES]
        given = {name: text for name in names if (text := self.text(name))}
        try:
            return guard_rules({name: text for name, text in given.items() if BY_NAME[name].problem(text) is None})
        except OptionTextError as error:
            self.problems.append(BY_NAME[error.option].wrong(given[error.option], str(error)))
            return {}

    def accepted_shrinks(self) -> frozenset[str]:
        """Return the losses that are accepted."""
        text = self.text("accept_shrink")
        try:
            return accepted_shrinks("" if BY_NAME["accept_shrink"].problem(text or "x") else text)
        except OptionTextError as error:
            self.problems.append(BY_NAME[error.option].wrong(text, str(error)))
            return frozenset()

    def exclude(self, options: Collection[Option], reason: str, fix: str) -> None:
        """Report options that mean nothing in this kind of job."""
        for option in options:
            if self._is_given(option.name):
                self.problems.append(Problem(option.flag, show(self._texts.get(option.name, "")), reason, fix))

    def needed(self, name: str) -> str:
        """Return a text that must be given."""
        option = BY_NAME[name]
        if not self._is_given(name):
            self.problems.append(Problem(option.flag, "", "is missing", f"add {option.shown_example}"))
        return self.text(name)

    def number(self, option: Option) -> int:
        """Return a whole number within its bounds."""
        text = self._texts.get(option.name, option.default or "")
        if problem := option.problem(text):
            self.problems.append(problem)
            return 0
        return int(text)

    def text(self, name: str) -> str:
        """Return a text, empty by default."""
        text = self._texts.get(name, "")
        if text and (problem := BY_NAME[name].problem(text)):
            self.problems.append(problem)
        return text

    def pair(self, first: str, second: str) -> tuple[str, str]:
        """Return two texts of which neither means anything without the other."""
        for name, other in ((first, second), (second, first)):
            if self._is_given(name) and not self._is_given(other):
                option = BY_NAME[other]
                problem = Problem(option.flag, "", f"is missing beside --{name}", f"add {option.shown_example}")
                self.problems.append(problem)
        return self.text(first), self.text(second)

    def live_feed(self) -> tuple[str, str, str]:
        """Return the live feed, where its key is, and what stands before the key; all empty without a feed."""
        names = ("live_feed", "live_feed_key", "live_feed_scheme")
        feed, key, scheme = (self.text(name) for name in names)
        for name, value, other in (("live_feed_key", key, "live_feed"), ("live_feed_scheme", scheme, "live_feed_key")):
            if value and not self._is_given(other):
                problem = f"means nothing without --{other}"
                self.problems.append(Problem(f"--{name}", show(value), problem, f"add {BY_NAME[other].shown_example}"))
        if key and feed and not feed.startswith("http"):
            self.problems.append(Problem("--live_feed_key", show(key), "means nothing for a file", "leave it out"))
        for name, value in zip(names, (feed, key, scheme), strict=True):
            if value and self._is_remote and not re.fullmatch(BY_NAME[name].remote_regex, value):
                self.problems.append(BY_NAME[name].wrong(value, "is nothing that the workers of Dataflow share"))
        return feed, key, scheme

    def switch(self, name: str) -> bool:
        """Return a boolean, false by default."""
        text = self._texts.get(name, "false")
        if problem := BY_NAME[name].problem(text):
            self.problems.append(problem)
        return text == "true"

    def request(
        self,
        known_types: Sequence[str],
        groups: Mapping[str, Sequence[str]],
        defaults: RequestDefaults,
        now: datetime,
    ) -> ExportRequest | None:
        """Return the request that the options spell out, or that ``--request`` holds; None when it is wrong."""
        spelled_out = [name for option in REQUEST_OPTIONS if self._is_given(name := option.name)]
        whole = self._is_given("request")
        if whole:
            for name in spelled_out:
                value = show(self._texts.get(name, ""))
                self.problems.append(Problem(f"--{name}", value, "excludes --request", "put it into --request"))
        try:
            payload = self._whole_request() if whole else self._payload(spelled_out)
            if payload is None:
                return None
            return parse_request(payload, known_types=known_types, groups=groups, defaults=defaults, now=now)
        except RequestError as error:
            prefix = "--request: " if whole else "--"
            self.problems += [
                Problem(f"{prefix}{problem.key}", problem.value, problem.reason, problem.fix)
                for problem in error.problems
                # What is broken has been reported as an option; the request only knows that it is null.
                if not (problem.key in self._broken and problem.value == "null")
            ]
            return None

    def _is_given(self, name: str) -> bool:
        no = BY_NAME[name].kind is Kind.BOOLEAN and self._texts.get(name) == "false"
        return name in self._broken or (name in self._texts and not no)

    def _whole_request(self) -> Mapping[str, object] | None:
        return None if "request" in self._broken else parse_object(self._texts["request"].encode("utf-8", "replace"))

    def _payload(self, names: Sequence[str]) -> dict[str, object]:
        payload: dict[str, object] = {}
        for name in names:
            text = self._texts.get(name)
            if text is None:
                payload[name] = None
            elif name == "export_types":
                payload[name] = text.split(",")
            elif BY_NAME[name].kind is Kind.BOOLEAN:
                problem = BY_NAME[name].problem(text)
                if problem:
                    self._break(BY_NAME[name], problem)
                payload[name] = None if problem else True
            elif BY_NAME[name].kind is Kind.INTEGER and re.fullmatch("[0-9]{1,9}", text):
                payload[name] = int(text)
            else:
                payload[name] = text
        return payload
