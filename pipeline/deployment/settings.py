"""The settings of the deployment: ``deploy/settings.env``, which shell scripts source and this module reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from string import Template

from pipeline.options.locations import SUBSCRIPTION_PATTERN, TOPIC_PATTERN
from pipeline.options.option_table import BY_NAME
from pipeline.requests.problems import Problem, ProblemsError, nearest, show

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS = DEPLOY / "settings.env"
SCHEDULES = DEPLOY / "schedules.yaml"

MACHINE_TYPE = "e2-standard-2"
MAX_WORKERS = 4
"""The defaults of a job."""

_PATTERNS = {
    "project": r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    "region": r"[a-z]+-[a-z]+[0-9]+",
    "warehouse_project": r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
    **dict.fromkeys(("template", "streaming_template"), r"gs://[a-z0-9][a-z0-9._-]+/\S+\.json"),
    **dict.fromkeys(("request_topic", "upstream_topic", "completion_topic", "dead_letter_topic"), TOPIC_PATTERN),
    **dict.fromkeys(
        ("input_subscription", "upstream_subscription", "completion_subscription", "dead_letter_subscription"),
        SUBSCRIPTION_PATTERN,
    ),
    "image": r"[a-z0-9.-]+(?:/[a-z0-9._-]+)+",
    **dict.fromkeys(
        ("build_account", "schedule_account", "worker_account"), r"[a-z0-9-]+@[a-z0-9-]+\.iam\.gserviceaccount\.com"
    ),
    **dict.fromkeys(("output_bucket", "control_bucket", "work_bucket"), r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"),
    **{name: BY_NAME[name].remote_regex[1:-1] for name in ("warehouse", "output", "live_feed", "live_feed_key")},
}


class SettingsError(ProblemsError):
    """The settings cannot be used; the message has one line per problem."""


@dataclass(frozen=True)
class Deployment:
    """The settings of a deployment.

    Attributes:
        project: Where jobs run.
        region: Where jobs run.
        warehouse: As ``--warehouse`` takes it.
        warehouse_project: Holds the tables.
        output_bucket: Holds the documents.
        output: As ``--output`` takes it.
        control_bucket: Holds what is said of runs.
        work_bucket: Holds staging files and the template.
        template: The batch template, ``gs://``.
        streaming_template: The streaming template, ``gs://``.
        request_topic: Pub/Sub topic of the streaming job's requests.
        input_subscription: Its subscription, which the streaming job reads.
        upstream_topic: Topic of upstream's events that the predictions of a date are complete.
        upstream_subscription: Its subscription, which the streaming job reads as well.
        completion_topic: Topic of the outcomes of requests.
        completion_subscription: Its subscription.
        dead_letter_topic: Topic of rejected messages.
        dead_letter_subscription: Its subscription, in which they wait.
        live_feed: As ``--live_feed`` takes it.
        live_feed_key: As ``--live_feed_key`` takes it.
        repository: Artifact Registry repository of the image.
        image: The image, without a tag.
        build_account: Builds image and template.
        schedule_account: Starts jobs.
        worker_account: Runs them.
    """

    project: str
    region: str
    warehouse: str
    warehouse_project: str
    output_bucket: str
    output: str
    control_bucket: str
    work_bucket: str
    template: str
    streaming_template: str
    request_topic: str
    input_subscription: str
    upstream_topic: str
    upstream_subscription: str
    completion_topic: str
    completion_subscription: str
    dead_letter_topic: str
    dead_letter_subscription: str
    live_feed: str
    live_feed_key: str
    repository: str
    image: str
    build_account: str
    schedule_account: str
    worker_account: str

    @property
    def temp_location(self) -> str:
        """Where Dataflow may keep files while a job runs."""
        return f"gs://{self.work_bucket}/temp"

    @property
    def staging_location(self) -> str:
        """Where Dataflow keeps what a job's workers download."""
        return f"gs://{self.work_bucket}/staging"


def load_deployment(path: Path = SETTINGS) -> Deployment:
    """Read the settings.

    Raises:
        SettingsError: A line, a name or a value is wrong, or a name is missing.
    """
    names = [field.name.upper() for field in fields(Deployment)]
    values: dict[str, str] = {}
    problems = list(_read(path, names, values))
    for name in names:
        if name not in values:
            problems.append(Problem(name, "", f"is missing in {path.name}", f"add {name}=..."))
        elif not re.fullmatch(pattern := _PATTERNS.get(name.lower(), r"\S+"), values[name]):
            problems.append(Problem(name, show(values[name]), "is not understood", f"it must match {pattern}"))
    if problems:
        raise SettingsError(problems)
    return Deployment(**{name.lower(): value for name, value in values.items()})


def _read(path: Path, names: list[str], values: dict[str, str]) -> Iterator[Problem]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, sign, value = text.partition("=")
        if not sign or name not in names:
            meant = nearest(name, names)
            fix = f"did you mean {meant}?" if meant else "write NAME=value"
            yield Problem(f"{path.name} line {number}", show(text), "names no setting", fix)
            continue
        try:
            values[name] = Template(value).substitute(values)
        except (KeyError, ValueError):
            yield Problem(name, show(value), "refers to a name that is not further up", "define that one first")
