"""Cloud Scheduler jobs: made from the schedules, and compared with the live ones."""

from __future__ import annotations

import base64
import binascii
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from exporters.config.leagues import Leagues, leagues_of, together
from pipeline.deployment.flex_launch import launch_body, launch_url
from pipeline.deployment.schedule_file import PREFIX, Door, Schedule, understand
from pipeline.deployment.settings import Deployment
from pipeline.requests.clock import LEAGUE_ZONE
from pipeline.requests.request import RequestError, parse_object

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
ATTEMPT_DEADLINE = "180s"
_RETRIES, _MIN_BACKOFF = 3, "30s"
"""A repeated launch is harmless: Dataflow starts no second job of a name while one is running."""

LiveJob = Mapping[str, Any]


def scheduler_job(deployment: Deployment, schedule: Schedule) -> dict[str, Any]:
    """Return the job of a schedule as the Cloud Scheduler API writes it; its body or data is not in base64."""
    target = _message(deployment, schedule) if schedule.door == Door.STREAM else _launch(deployment, schedule)
    return {
        "name": f"projects/{deployment.project}/locations/{deployment.region}/jobs/{schedule.name}",
        "description": schedule.why,
        "schedule": schedule.cron,
        "timeZone": LEAGUE_ZONE,
        "retryConfig": {"retryCount": _RETRIES, "minBackoffDuration": _MIN_BACKOFF},
        **target,
    }


def _message(deployment: Deployment, schedule: Schedule) -> dict[str, Any]:
    """Return the target that publishes the request; its attribute tells in a dead letter where it came from."""
    return {
        "pubsubTarget": {
            "topicName": deployment.request_topic,
            "data": json.dumps(schedule.request, separators=(",", ":")),
            "attributes": {"schedule": schedule.name},
        }
    }


def _launch(deployment: Deployment, schedule: Schedule) -> dict[str, Any]:
    """Return the target that starts a batch job."""
    return {
        "attemptDeadline": ATTEMPT_DEADLINE,
        "httpTarget": {
            "uri": launch_url(deployment),
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps(schedule_body(deployment, schedule, schedule.request), separators=(",", ":")),
            "oauthToken": {"serviceAccountEmail": deployment.schedule_account, "scope": SCOPE},
        },
    }


def schedule_body(deployment: Deployment, schedule: Schedule, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the launch of a schedule, whatever its door.

    Args:
        deployment: Where it runs.
        schedule: The schedule.
        request: Its request, or the same one with other dates.
    """
    return launch_body(
        deployment,
        schedule.name,
        request,
        parameters=deployment.parameters,
        max_workers=schedule.max_workers,
        machine_type=schedule.machine_type,
    )


_SCRIPT = """\
#!/usr/bin/env bash
# Creates or updates the live jobs from deploy/schedules.yaml; a second run changes nothing.
set -euo pipefail
place=({place})

# Every flag is given to an update as well, the time zone included: what is left out would stay as it was.
# KIND is http for a job that starts a batch job, and pubsub for one that publishes a request.
apply() {{ # KIND NAME HEADERS-OR-ATTRIBUTES VALUE FLAG...
  local kind=$1 name=$2 extra=$3 value=$4 live
  shift 4
  if live=$(gcloud scheduler jobs describe "$name" "${{place[@]}}" --format=json 2>/dev/null); then
    case $live in
      *'"'"${{kind}}Target"'":'*)
        gcloud scheduler jobs update "$kind" "$name" "${{place[@]}}" "$@" "--update-$extra=$value"
        return
        ;;
    esac
    # An update cannot change what kind of target a job has.
    gcloud scheduler jobs delete "$name" "${{place[@]}}" --quiet
  fi
  gcloud scheduler jobs create "$kind" "$name" "${{place[@]}}" "$@" "--$extra=$value"
}}
"""


def gcloud_script(deployment: Deployment, schedules: Sequence[Schedule]) -> str:
    """Return a shell script that creates or updates the live jobs."""
    place = f"--project={deployment.project} --location={deployment.region}"
    commands = [_SCRIPT.format(place=place)]
    for schedule in schedules:
        job = scheduler_job(deployment, schedule)
        flags = (
            f"--description={job['description']}",
            f"--schedule={job['schedule']}",
            f"--time-zone={job['timeZone']}",
            f"--max-retry-attempts={_RETRIES}",
            f"--min-backoff={_MIN_BACKOFF}",
        )
        if "pubsubTarget" in job:
            call, more = _publish_flags(schedule.name, job["pubsubTarget"])
        else:
            call, more = _launch_flags(schedule.name, job)
        commands.append(" \\\n  ".join([call, *map(shlex.quote, (*flags, *more))]) + "\n")
    return "\n".join(commands)


def _publish_flags(name: str, target: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    attributes = ",".join(f"{key}={value}" for key, value in target["attributes"].items())
    flags = (f"--topic={target['topicName']}", f"--message-body={target['data']}")
    return f"apply pubsub {name} attributes {attributes}", flags


def _launch_flags(name: str, job: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    target = job["httpTarget"]
    flags = (
        f"--attempt-deadline={job['attemptDeadline']}",
        f"--uri={target['uri']}",
        f"--http-method={target['httpMethod']}",
        f"--oauth-service-account-email={target['oauthToken']['serviceAccountEmail']}",
        f"--oauth-token-scope={SCOPE}",
        f"--message-body={target['body']}",
    )
    return f"apply http {name} headers Content-Type=application/json", flags


def read_dump(text: str) -> list[LiveJob]:
    """Read the output of ``gcloud scheduler jobs list --format=json``, of one region or of several in a row.

    Raises:
        ValueError: It is no such list.
    """
    decoder = json.JSONDecoder()
    jobs: list[LiveJob] = []
    rest = text.lstrip()
    while rest:
        found, end = decoder.raw_decode(rest)
        if not isinstance(found, list) or not all(isinstance(job, dict) and "name" in job for job in found):
            raise ValueError("is no list of scheduler jobs; make it with gcloud scheduler jobs list --format=json")
        jobs.extend(found)
        rest = rest[end:].lstrip()
    return jobs


def differences(
    deployment: Deployment, schedules: Sequence[Schedule], live: Sequence[LiveJob], now: datetime
) -> Iterator[str]:
    """Yield a line for each difference between the live jobs of all regions and the schedules."""
    ours = [job for job in live if _is_ours(job, deployment)]
    wanted = [scheduler_job(deployment, schedule) for schedule in schedules]
    for missing in sorted({job["name"] for job in wanted} - {job["name"] for job in ours}):
        yield f"{_label({'name': missing})}: is not live; render the schedules and apply them"
    by_name = {job["name"]: job for job in wanted}
    leagues = together(leagues_of(schedule.parsed.league) for schedule in schedules)
    for job in ours:
        label = _label(job)
        if job["name"] not in by_name:
            yield f"{label}: is live, but in no schedule of this region; delete it or write it down"
        else:
            yield from (f"{label}: {line}" for line in _differing(by_name[job["name"]], job))
        yield from (f"{label}: {line}" for line in _body_problems(job, now, leagues))


def _label(job: LiveJob) -> str:
    """Return a job's name and region."""
    parts = job["name"].split("/")
    return f"{parts[-1]} ({parts[3]})" if len(parts) == 6 else str(job["name"])


def _is_ours(job: LiveJob, deployment: Deployment) -> bool:
    """Whether a job has this project's name prefix, starts its template, or publishes to one of its topics."""
    body = _body(job) or ""
    topic = job.get("pubsubTarget", {}).get("topicName", "")
    return job["name"].split("/")[-1].startswith(PREFIX) or deployment.template in body or PREFIX in topic


def _differing(wanted: LiveJob, job: LiveJob) -> Iterator[str]:
    for key in ("schedule", "timeZone"):
        if job.get(key) != wanted[key]:
            yield f"{key} is {job.get(key)}, should be {wanted[key]}"
    if job.get("state", "ENABLED") != "ENABLED":
        yield f"state is {job['state']}, should be ENABLED"
    if "pubsubTarget" in wanted:
        yield from _differing_message(wanted["pubsubTarget"], job)
    else:
        yield from _differing_launch(wanted["httpTarget"], job)
        if "pubsubTarget" not in job and job.get("attemptDeadline") != wanted["attemptDeadline"]:
            yield f"attemptDeadline is {job.get('attemptDeadline')}, should be {wanted['attemptDeadline']}"


def _differing_message(wanted: Mapping[str, Any], job: LiveJob) -> Iterator[str]:
    if "pubsubTarget" not in job:
        yield f"publishes nothing, should publish to {wanted['topicName']}; render the schedules and apply them"
        return
    target = job["pubsubTarget"]
    for key in ("topicName", "attributes"):
        if target.get(key) != wanted[key]:
            yield f"{key} is {target.get(key)}, should be {wanted[key]}"
    if _json(_body(job)) != json.loads(wanted["data"]):
        yield f"message is {_body(job)}, should be {wanted['data']}"


def _differing_launch(wanted: Mapping[str, Any], job: LiveJob) -> Iterator[str]:
    if "pubsubTarget" in job:
        yield "publishes a request, should start a batch job; render the schedules and apply them"
        return
    target = job.get("httpTarget", {})
    for key in ("uri", "httpMethod"):
        if target.get(key) != wanted[key]:
            yield f"{key} is {target.get(key)}, should be {wanted[key]}"
    account = target.get("oauthToken", {}).get("serviceAccountEmail")
    if account != wanted["oauthToken"]["serviceAccountEmail"]:
        yield f"it calls as {account}, should be {wanted['oauthToken']['serviceAccountEmail']}"
    if _json(_body(job)) != json.loads(wanted["body"]):
        yield f"body is {_body(job)}, should be {wanted['body']}"


def _body(job: LiveJob) -> str | None:
    """Return the text of a job's body; None when it has none, or one that is no text."""
    encoded = job.get("httpTarget", {}).get("body") or job.get("pubsubTarget", {}).get("data")
    try:
        return None if encoded is None else base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _json(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except json.JSONDecodeError:
        return None


def _body_problems(job: LiveJob, now: datetime, leagues: Leagues) -> Iterator[str]:
    """Yield the problems of a job's request, as the parser reports them."""
    body = _json(_body(job))
    if isinstance(body, dict) and "launchParameter" in body:
        text = body["launchParameter"].get("parameters", {}).get("request", "")
    else:
        text = _body(job) or ""
    try:
        understand(parse_object(str(text).encode()), now, leagues)
    except RequestError as error:
        yield from (f"its request: {problem}" for problem in error.problems)
