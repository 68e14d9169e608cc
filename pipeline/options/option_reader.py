"""Reads the options of a job. It collects every problem and raises none."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from exporters.config import ExportConfig
from exporters.config.leagues import ONE_LEAGUE, Leagues
from pipeline.options.flags import OptionsError, read_model, split_texts
from pipeline.options.given import GivenOptions
from pipeline.options.guard_options import GuardOptions, OptionTextError, PictureOptions, accepted_shrinks, guard_rules
from pipeline.options.league_file import read_leagues
from pipeline.options.locations import overlap
from pipeline.options.option import Kind, Option
from pipeline.options.option_table import BY_NAME, OPTIONS, REQUEST_OPTIONS, PlaceOptions, RuleOptions, RunOptions
from pipeline.requests.problems import Problem, show
from pipeline.requests.request import ExportRequest, RequestDefaults, RequestError, parse_object, parse_request

OptionsT = TypeVar("OptionsT")

_ENDPOINTS = ("bigquery_rest_endpoint", "bigquery_storage_endpoint")


def place_of(problem: Problem) -> int:
    """Return the position of a problem's option in the help text; an option of Beam comes first."""
    name = problem.key.lstrip("-").partition(":")[0]
    return list(BY_NAME).index(name) if name in BY_NAME else -1


class OptionReader:
    """Validates the models of a job's options, and their combinations."""

    def __init__(self, given: GivenOptions) -> None:
        """Keep the texts of what is given."""
        self._is_remote = "dataflow" in given.runner.lower()
        self._texts, self.problems = split_texts(OPTIONS, given.texts)
        self._broken = {problem.key.lstrip("-") for problem in self.problems}

    def read(self, model: type[OptionsT]) -> OptionsT | None:
        """Return the options of a model; None when a required one is wrong."""
        found, problems = read_model(model, self._texts, self._broken)
        self.problems += problems
        return found

    def job(self, champion_system_id: str) -> dict[str, Any]:
        """Return the arguments of :class:`JobConfig`; nothing when a place is wrong."""
        places, rules, runs = self.read(PlaceOptions), self.read(RuleOptions), self.read(RunOptions)
        guards = self.guards()
        if self._is_remote:
            self._check_remote()
        self._pair(_ENDPOINTS)
        self._pair(_ENDPOINTS[::-1])
        self._check_live_feed()
        if places is not None and places.control_output is not None and overlap(places.output, places.control_output):
            self.problems.append(
                BY_NAME["control_output"].wrong(
                    self.text("control_output"), "is where readers of the output can see it"
                )
            )
        if places is None or rules is None or runs is None:
            return {}
        config = ExportConfig(champion_system_id=champion_system_id, **asdict(rules), **guards)
        return {**vars(places), **vars(runs), "export_config": config}

    def leagues(self) -> Leagues:
        """Return the leagues of the deployment; only the default one when the file is wrong."""
        text = self.text("leagues")
        if text and BY_NAME["leagues"].problem(text):
            return ONE_LEAGUE
        try:
            return read_leagues(text)
        except OptionsError as error:
            self.problems += error.problems
            return ONE_LEAGUE

    def guards(self) -> dict[str, Any]:
        """Return the rules of the guards, as arguments of :class:`ExportConfig`."""
        given = self.read(GuardOptions)
        if given is None:
            return {}
        try:
            return guard_rules(given)
        except OptionTextError as error:
            self.problems.append(BY_NAME[error.option].wrong(self.text(error.option), str(error)))
            return {}

    def accepted_shrinks(self) -> frozenset[str]:
        """Return the losses that are accepted."""
        text = self.text("accept_shrink")
        try:
            return accepted_shrinks("" if text and BY_NAME["accept_shrink"].problem(text) else text)
        except OptionTextError as error:
            self.problems.append(BY_NAME[error.option].wrong(text, str(error)))
            return frozenset()

    def as_of(self, now: datetime) -> datetime | None:
        """Return the instant as of which tables are read; None for the newest one.

        Args:
            now: The current instant, aware.
        """
        given = self.read(PictureOptions)
        if given is None or given.as_of is None:
            return None
        if given.as_of > now:
            text, flag = self.text("as_of"), BY_NAME["as_of"].flag
            self.problems.append(Problem(flag, show(text), "is yet to come", "give a past instant"))
        if self.text("write_subset_picks") == "true":
            flag, text = BY_NAME["as_of"].flag, show(self.text("as_of"))
            self.problems.append(
                Problem(flag, text, "excludes --write_subset_picks: past picks are not written again", "leave one out")
            )
        return given.as_of

    def exclude(self, options: Collection[Option], reason: str, fix: str) -> None:
        """Report options that do not apply to this kind of job."""
        for option in options:
            if self._is_given(option.name):
                shown = option.shown(self._texts.get(option.name, ""))
                self.problems.append(Problem(option.flag, shown, reason, fix))

    def text(self, name: str) -> str:
        """Return a text as given; empty when it is not given."""
        return self._texts.get(name, "")

    def check(self, name: str) -> None:
        """Report the problem of a text as far as it depends on its option alone."""
        text = self._texts.get(name)
        if text is not None and (problem := BY_NAME[name].problem(text)):
            self.problems.append(problem)

    def _pair(self, names: Sequence[str]) -> None:
        """Report that the first of two options was given without the second."""
        name, other = names
        if self._is_given(name) and not self._is_given(other):
            option = BY_NAME[other]
            self.problems.append(Problem(option.flag, "", f"is missing beside --{name}", f"add {option.shown_example}"))

    def _check_live_feed(self) -> None:
        for name, other in (("live_feed_key", "live_feed"), ("live_feed_scheme", "live_feed_key")):
            if self.text(name) and not self._is_given(other):
                reason, fix = f"means nothing without --{other}", f"add {BY_NAME[other].shown_example}"
                self.problems.append(Problem(f"--{name}", show(self.text(name)), reason, fix))
        feed, key = self.text("live_feed"), self.text("live_feed_key")
        if key and feed and not feed.startswith("http"):
            self.problems.append(Problem("--live_feed_key", show(key), "means nothing for a file", "leave it out"))

    def _check_remote(self) -> None:
        """Report what the workers of Dataflow cannot use."""
        wrong = {problem.key for problem in self.problems}
        for option in OPTIONS:
            text = self._texts.get(option.name)
            if option.remote_pattern is None or text is None or option.flag in wrong:
                continue
            if not re.fullmatch(option.remote_regex, text):
                self.problems.append(option.wrong(text, option.remote_reason))

    def request(
        self,
        known_types: Sequence[str],
        groups: Mapping[str, Sequence[str]],
        defaults: RequestDefaults,
        now: datetime,
    ) -> ExportRequest | None:
        """Return the request that the options spell out, or that ``--request`` holds; None when it is wrong."""
        spelled_out = [option for option in REQUEST_OPTIONS if self._is_given(option.name)]
        whole = self._is_given("request")
        if whole:
            for option in spelled_out:
                value = show(self.text(option.name))
                self.problems.append(Problem(option.flag, value, "excludes --request", "put it into --request"))
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
                # A wrong value has been reported as an option; in the request it is null.
                if not (problem.key in self._broken and problem.value == "null")
            ]
            return None

    def _is_given(self, name: str) -> bool:
        no = BY_NAME[name].kind is Kind.BOOLEAN and self._texts.get(name) == "false"
        return name in self._broken or (name in self._texts and not no)

    def _whole_request(self) -> Mapping[str, object] | None:
        return None if "request" in self._broken else parse_object(self._texts["request"].encode("utf-8", "replace"))

    def _payload(self, options: Sequence[Option]) -> dict[str, object]:
        """Return the JSON form of a request that options spell out; an unreadable value is null."""
        payload: dict[str, object] = {}
        for option in options:
            text = self._texts.get(option.name)
            payload[option.name] = None if text is None else option.value_of(text)
            if option.kind is Kind.BOOLEAN and text is not None and (problem := option.problem(text)):
                self.problems.append(problem)
                self._broken.add(option.name)
                payload[option.name] = None
        return payload
