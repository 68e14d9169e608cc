"""The places of tables and objects on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, InstanceOf

from transforms.stores.control import LEAGUES, SHADOW

PROJECT_PATTERN = r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{0,61}[a-z0-9]"
BIGQUERY_PATTERN = f"bigquery:({PROJECT_PATTERN})"
URL_PATTERN = r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?"
ADDRESS_PATTERN = r"[A-Za-z0-9.-]+:[0-9]{1,5}"
SUBSCRIPTION_PATTERN = f"projects/{PROJECT_PATTERN}/subscriptions/[A-Za-z][A-Za-z0-9._~%+-]{{2,254}}"
TOPIC_PATTERN = f"projects/{PROJECT_PATTERN}/topics/[A-Za-z][A-Za-z0-9._~%+-]{{2,254}}"
TEMPLATE_PATTERN = r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]/[^\s\x00-\x1f\x7f]+\.json"
GCS_PATTERN = r"gs://([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])((?:/[^/\s\x00-\x1f\x7f]+)*)/?"
FOLDER_PATTERN = r"(?![A-Za-z][A-Za-z0-9+.-]+:)(?!~)(?!\s)[^\x00-\x1f\x7f]+(?<!\s)"
"""A path without control characters. A drive letter is no scheme, but ``bq:`` and ``s3:`` are; no shell expands ``~``
behind an equals sign."""

FEED_URL_PATTERN = r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?"
FEED_PATTERN = rf"{FEED_URL_PATTERN}|http://(?:localhost|127\.0\.0\.1)(?::[0-9]{{1,5}})?|{FOLDER_PATTERN}"
"""A key is only sent over an encrypted connection, or to this machine."""
SECRET_PATTERN = r"secret:(projects/[A-Za-z0-9.:-]+/secrets/[A-Za-z0-9_-]{1,255}/versions/(?:latest|[0-9]+))"
FEED_KEY_PATTERN = rf"env:[A-Za-z_][A-Za-z0-9_]*|{SECRET_PATTERN}"


@dataclass(frozen=True)
class ParquetFolder:
    """A warehouse in a folder of Parquet files."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class BigQueryProject:
    """A warehouse in the datasets of a BigQuery project."""

    project: str

    def __str__(self) -> str:
        return f"bigquery:{self.project}"


@dataclass(frozen=True)
class LocalFolder:
    """An output in a local folder."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True)
class GcsPrefix:
    """An output in a bucket.

    Attributes:
        bucket: The bucket's name.
        prefix: Object name prefix without slashes at its ends; empty for the bucket's root.
    """

    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        return f"gs://{self.bucket}/{self.prefix}" if self.prefix else f"gs://{self.bucket}"


def parse_warehouse(value: str) -> ParquetFolder | BigQueryProject:
    """Return the warehouse that ``PATH`` or ``bigquery:PROJECT`` names.

    Raises:
        ValueError: It names neither.
    """
    if match := re.fullmatch(BIGQUERY_PATTERN, value):
        return BigQueryProject(match[1])
    if re.fullmatch(FOLDER_PATTERN, value):
        return ParquetFolder(value)
    raise ValueError("is neither a folder nor bigquery:PROJECT")


def parse_output(value: str) -> LocalFolder | GcsPrefix:
    """Return the output that ``PATH`` or ``gs://BUCKET/PREFIX`` names.

    Raises:
        ValueError: It names neither.
    """
    match = re.fullmatch(GCS_PATTERN, value)
    if match and not {".", ".."} & set(match[2].split("/")):
        return GcsPrefix(match[1], match[2].strip("/"))
    if match is None and re.fullmatch(FOLDER_PATTERN, value):
        return LocalFolder(value)
    raise ValueError("is neither a folder nor gs://BUCKET/PREFIX")


def control_beside(output: LocalFolder | GcsPrefix) -> LocalFolder | GcsPrefix:
    """Return the default place of manifests, leases and failures: beside the output, not in it.

    Access is granted for a whole bucket, so the place is another bucket.
    """
    if isinstance(output, LocalFolder):
        return LocalFolder(f"{output.path.rstrip('/') or '.'}-control")
    return GcsPrefix(f"{output.bucket}-control", output.prefix)


def shadow_places(
    output: LocalFolder | GcsPrefix, control: LocalFolder | GcsPrefix | None, system_id: str
) -> tuple[LocalFolder | GcsPrefix, LocalFolder | GcsPrefix]:
    """Return the places of the documents and of the manifests of a model that is tried out.

    Both are in the control output: forecasts of a model that is not the champion are not public.

    Args:
        output: The place of the champion's documents.
        control: The place of its manifests; beside the output when it is None.
        system_id: The model.
    """
    private = control or control_beside(output)
    if isinstance(private, LocalFolder):
        root = f"{private.path.rstrip('/')}/{SHADOW}{system_id}"
        return LocalFolder(f"{root}/documents"), LocalFolder(f"{root}/control")
    root = f"{private.prefix}/{SHADOW}{system_id}".lstrip("/")
    return GcsPrefix(private.bucket, f"{root}/documents"), GcsPrefix(private.bucket, f"{root}/control")


def league_places(
    output: LocalFolder | GcsPrefix, control: LocalFolder | GcsPrefix | None, league: str
) -> tuple[LocalFolder | GcsPrefix, LocalFolder | GcsPrefix]:
    """Return the places of the documents and of the manifests of a league other than the default one.

    Args:
        output: The place of the default league's documents.
        control: The place of its manifests; beside the output when it is None.
        league: The league.
    """
    return _below(output, f"{LEAGUES}{league}"), _below(control or control_beside(output), f"{LEAGUES}{league}")


def _below(place: LocalFolder | GcsPrefix, path: str) -> LocalFolder | GcsPrefix:
    if isinstance(place, LocalFolder):
        return LocalFolder(f"{place.path.rstrip('/')}/{path}")
    return GcsPrefix(place.bucket, f"{place.prefix}/{path}".lstrip("/"))


def overlap(output: LocalFolder | GcsPrefix, control: LocalFolder | GcsPrefix) -> bool:
    """Whether one of two places lies in the other, so that private objects would be public."""
    if isinstance(output, LocalFolder) and isinstance(control, LocalFolder):
        one, other = Path(output.path).absolute(), Path(control.path).absolute()
        return one == other or one in other.parents or other in one.parents
    # Access is granted for a whole bucket.
    return isinstance(output, GcsPrefix) and isinstance(control, GcsPrefix) and output.bucket == control.bucket


def _read_warehouse(value: object) -> object:
    return parse_warehouse(value) if isinstance(value, str) else value


def _read_output(value: object) -> object:
    return parse_output(value) if isinstance(value, str) else value


def _read_path(value: object) -> object:
    return Path(value) if isinstance(value, str) else value


def _check_feed(value: str) -> str:
    if value and not re.fullmatch(FEED_PATTERN, value):
        raise ValueError("is not understood")
    return value


def _check_leagues(value: str) -> str:
    if value and not re.fullmatch(f"{GCS_PATTERN}|{FOLDER_PATTERN}", value):
        raise ValueError("is neither a file nor gs://BUCKET/OBJECT")
    return value


WarehousePlace = Annotated[InstanceOf[ParquetFolder] | InstanceOf[BigQueryProject], BeforeValidator(_read_warehouse)]
"""The type of an option that :func:`parse_warehouse` reads."""

OutputPlace = Annotated[InstanceOf[LocalFolder] | InstanceOf[GcsPrefix], BeforeValidator(_read_output)]
"""The type of an option that :func:`parse_output` reads."""

FeedPlace = Annotated[str, AfterValidator(_check_feed)]
"""The type of an option that names a live feed."""

LeaguesPlace = Annotated[str, AfterValidator(_check_leagues)]
"""The type of an option that names the file of the leagues."""

FilePath = Annotated[Path, BeforeValidator(_read_path)]
"""The type of an option that names a file or folder of this machine."""
