"""Compares the code versions of the checkout, the Flex Template, a job and the last manifest, and lists differences.

An image carries its commit and the digest of its locked dependencies, the template that starts it is labelled with
both, every job is, too, and every manifest repeats them. A running job keeps the code that it
was started with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.deployment.command_options import DriftOptions
from pipeline.deployment.settings import SettingsError, load_deployment
from pipeline.deployment.template_metadata import BATCH, STREAMING, template_metadata
from pipeline.options.flags import OptionsError, parse_options
from pipeline.options.locations import GcsPrefix, LocalFolder, control_beside, parse_output
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.version import ROOT, checkout_commit, lock_digest
from transforms.publishing.manifest import load_manifest
from transforms.stores.folder import LocalStore
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import Store, StoreError

SAME, DIFFERENT, UNREADABLE = 0, 1, 2
"""Exit codes: all places have the same code, they differ, one cannot be read."""

_MANIFEST = re.compile(r"manifest/([0-9]{4}-[0-9]{2}-[0-9]{2})\.json")


class DriftError(Exception):
    """A file that is to be compared cannot be read. The message is one line."""


@dataclass(frozen=True)
class Code:
    """The code version of one place.

    Attributes:
        place: Name of the place.
        commit: Empty when unknown.
        lock: Empty when unknown.
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
    """Return the code that a template starts, from its labels."""
    labels = template.get("defaultEnvironment", {}).get("additionalUserLabels", {})
    return Code(f"template {name}", labels.get("commit", ""), labels.get("lock", ""))


def job_code(job: Mapping[str, Any]) -> Code:
    """Return the code that a job runs, from its labels."""
    labels = job.get("labels", {})
    return Code(f"job {job.get('name', 'without a name')}", labels.get("commit", ""), labels.get("lock", ""))


def last_published(store: Store) -> Code | None:
    """Return the code that published the newest date; None when nothing was published.

    Raises:
        StoreError: The store cannot be read.
    """
    days = [match[1] for found in store.list("manifest/") if (match := _MANIFEST.fullmatch(found.path))]
    manifest = load_manifest(store, max(days)).manifest if days else None
    if manifest is None:
        return None
    run = manifest["run"]
    return Code(f"manifest of {max(days)}", run.get("commit", ""), run.get("lock", ""))


def differences(
    checkout: Code, template: Code | None, published: Code | None, job: Code | None = None
) -> Iterator[str]:
    """Yield a line for each difference between places; None is an empty place.

    A job is compared with the template that started it and with what it published; no job is no difference.
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
    """Yield a line for each contradiction in a template, and each option in which it differs from the checkout.

    Args:
        template: The template.
        metadata: The metadata file that it was built with.
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
    try:
        options = parse_options(DriftOptions, argv)
        deployment = load_deployment(options.settings)
        metadata = STREAMING if options.streaming else BATCH
        name = options.template or (deployment.streaming_template if options.streaming else deployment.template)
        template = _read_template(name, open_bucket)
        published = last_published(_open_control(options.output or deployment.output, open_bucket))
        job = None if options.job is None else _read_job(options.job)
    except (OptionsError, SettingsError, DriftError, StoreError, OSError, ValueError) as error:
        complain(error)
        return UNREADABLE
    checkout = checkout_code(root)
    started = None if template is None else template_code(template, name)
    codes = [code for code in (checkout, started, job, published) if code is not None]
    lines = [
        *differences(checkout, started, published, job),
        *(template_differences(template, metadata) if template else ()),
    ]
    if options.json:
        say_json({"codes": [asdict(code) for code in codes], "differences": lines})
    else:
        say_all([*map(str, codes)])
        say_all(lines, style="red")
        say(f"{len(lines)} differences" if lines else "all the same", style="red" if lines else "green")
    return DIFFERENT if lines else SAME


def _open_control(output: str, open_bucket: Callable[[str, str], Store]) -> Store:
    return _open(str(control_beside(parse_output(output))), open_bucket)


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
        raise DriftError(f"{path} has no labels: describe the job with --full")
    return job_code(job)


def _json_object(content: bytes, name: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise DriftError(f"{name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise DriftError(f"{name} is no {what}: it is not a JSON object")
    return found
