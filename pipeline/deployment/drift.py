"""Compares what is checked out, what the Flex Template starts, and what published last; names what differs.

    python -m pipeline.deployment.drift                the batch template
    python -m pipeline.deployment.drift --streaming    the streaming template
    python -m pipeline.deployment.drift --streaming --job=job.json

An image carries its commit and the digest of its locked dependencies, the template that starts it is labelled with
both, every job is, too, and every manifest repeats them. A job that is running goes on with the code that it was
started with. Lists of jobs leave labels out, so a dump is of one:

    gcloud dataflow jobs describe JOB_ID --region=REGION --full --format=json > job.json

Exit codes: 0 all of them are the same code, 1 they are not, 2 one cannot be read.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.deployment.settings import SETTINGS, SettingsError, load_deployment
from pipeline.deployment.template_metadata import BATCH, STREAMING, template_metadata
from pipeline.options.locations import GcsPrefix, LocalFolder, parse_output
from pipeline.version import ROOT, checkout_commit, lock_digest
from transforms.publishing.manifest import load_manifest
from transforms.stores.folder import LocalStore
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import Store, StoreError

SAME, DIFFERENT, UNREADABLE = 0, 1, 2
"""Exit codes."""

_MANIFEST = re.compile(r"manifest/([0-9]{4}-[0-9]{2}-[0-9]{2})\.json")


class DriftError(Exception):
    """Something that is to be compared cannot be understood. One line."""


@dataclass(frozen=True)
class Code:
    """What one place says about its code.

    Attributes:
        place: Where it was found.
        commit: Empty when it does not say.
        lock: Empty when it does not say.
    """

    place: str
    commit: str
    lock: str

    def __str__(self) -> str:
        return f"{self.place}: commit {self.commit or 'unknown'}, lock {self.lock or 'unknown'}"


def checkout_code(root: Path) -> Code:
    """Return the code of a checkout."""
    return Code("checkout", checkout_commit(root), lock_digest(root))


def template_code(template: Mapping[str, Any], name: str) -> Code:
    """Return the code that a template starts, as it is labelled."""
    labels = template.get("defaultEnvironment", {}).get("additionalUserLabels", {})
    return Code(f"template {name}", labels.get("commit", ""), labels.get("lock", ""))


def job_code(job: Mapping[str, Any]) -> Code:
    """Return the code that a job runs, as it is labelled."""
    labels = job.get("labels", {})
    return Code(f"job {job.get('name', 'without a name')}", labels.get("commit", ""), labels.get("lock", ""))


def last_published(store: Store) -> Code | None:
    """Return the code that published the newest date; None when nothing was published.

    Raises:
        StoreError: The store cannot be read.
    """
    days = [match[1] for found in store.list("manifest/") if (match := _MANIFEST.fullmatch(found.path))]
    manifest = load_manifest(store, max(days))[0] if days else None
    if manifest is None:
        return None
    run = manifest["run"]
    return Code(f"manifest of {max(days)}", run.get("commit", ""), run.get("lock", ""))


def differences(
    checkout: Code, template: Code | None, published: Code | None, job: Code | None = None
) -> Iterator[str]:
    """Yield a line for everything in which places differ; None is a place where there is nothing.

    A job stands between the template that started it and what it published; no job is no difference.
    """
    if "-" in checkout.commit:
        yield f"checkout: its code is not what was committed ({checkout.commit}); commit it or put it aside"
    if template is None:
        yield "template: there is none; build it with make template EXECUTE=1"
    if published is None:
        yield "manifest: nothing is published"
    known = [code for code in (checkout, template, job, published) if code is not None]
    for one, other in pairwise(known):
        for what in ("commit", "lock"):
            mine, theirs = getattr(one, what), getattr(other, what)
            if mine != theirs:
                yield f"{what}: {one.place} has {mine or 'none'}, {other.place} has {theirs or 'none'}"


def template_differences(template: Mapping[str, Any], metadata: str) -> Iterator[str]:
    """Yield a line for everything in which a template contradicts itself, or takes other options than the checkout.

    Args:
        template: The template.
        metadata: The file of the metadata that it was made with.
    """
    labels = template.get("defaultEnvironment", {}).get("additionalUserLabels", {})
    image = str(template.get("image", ""))
    if not image.endswith(f":{labels.get('commit')}"):
        yield f"template: its image {image or 'none'} is not that of commit {labels.get('commit')}"
    ours = {found["name"]: found for found in template_metadata(metadata)["parameters"]}
    theirs = {found.get("name"): found for found in template.get("metadata", {}).get("parameters", ())}
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if name not in theirs:
            yield f"template: does not take {name}"
        elif name not in ours:
            yield f"template: takes {name}, which is no option any more"
        elif ours[name] != theirs[name]:
            yield f"template: takes {name} otherwise than the checkout"


def main(
    argv: Sequence[str],
    *,
    root: Path = ROOT,
    open_bucket: Callable[[str, str], Store] = GcsStore,
) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        root: The checkout.
        open_bucket: Returns the store of a bucket and prefix.
    """
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.deployment.drift",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--settings", type=Path, default=SETTINGS, help="settings of the deployment (%(default)s)")
    parser.add_argument("--streaming", action="store_true", help="compare the streaming template")
    parser.add_argument("--job", type=Path, help="what gcloud dataflow jobs describe --full --format=json printed")
    parser.add_argument("--template", help="the template: gs://BUCKET/NAME or a file (that of the settings)")
    parser.add_argument("--output", help="where documents are: gs://BUCKET/PREFIX or a folder (that of the settings)")
    arguments = parser.parse_args(argv)
    try:
        deployment = load_deployment(arguments.settings)
        metadata = STREAMING if arguments.streaming else BATCH
        name = arguments.template or (deployment.streaming_template if arguments.streaming else deployment.template)
        template = _read_template(name, open_bucket)
        published = last_published(_open(arguments.output or deployment.output, open_bucket))
        job = None if arguments.job is None else _read_job(arguments.job)
    except (SettingsError, DriftError, StoreError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    checkout = checkout_code(root)
    started = None if template is None else template_code(template, name)
    for code in (checkout, started, job, published):
        if code is not None:
            sys.stdout.write(f"{code}\n")
    lines = [
        *differences(checkout, started, published, job),
        *(template_differences(template, metadata) if template else ()),
    ]
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{len(lines)} differences\n" if lines else "all the same\n")
    return DIFFERENT if lines else SAME


def _open(place: str, open_bucket: Callable[[str, str], Store]) -> Store:
    parsed = parse_output(place)
    if isinstance(parsed, LocalFolder):
        return LocalStore(parsed.path)
    assert isinstance(parsed, GcsPrefix)
    return open_bucket(parsed.bucket, parsed.prefix)


def _read_template(name: str, open_bucket: Callable[[str, str], Store]) -> Mapping[str, Any] | None:
    """Return the template of a name; None when there is none."""
    folder, _, file = name.rpartition("/")
    found = _open(folder or ".", open_bucket).read(file)
    if found is None:
        return None
    return _json_object(found[0], name, "template")


def _read_job(path: Path) -> Code:
    job = _json_object(path.read_bytes(), str(path), "job")
    if "labels" not in job:
        raise DriftError(f"{path} tells no labels: describe the job with --full")
    return job_code(job)


def _json_object(content: bytes, name: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise DriftError(f"{name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise DriftError(f"{name} is no {what}: it is not a JSON object")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
