from __future__ import annotations

import pytest

from pipeline.options.locations import (
    BigQueryProject,
    GcsPrefix,
    LocalFolder,
    ParquetFolder,
    parse_output,
    parse_warehouse,
)


@pytest.mark.parametrize("path", ["data", "./data", "../data", "/srv/data/", ".", "C:\\data", "C:/data", "a b", "日"])
def test_folders(path: str) -> None:
    assert parse_warehouse(path) == ParquetFolder(path)
    assert parse_output(path) == LocalFolder(path)


@pytest.mark.parametrize("path", ["", " ", " data", "data ", "~", "~/data", "a\nb", "a\0b", "s3://x/y", "file:///x"])
def test_neither(path: str) -> None:
    with pytest.raises(ValueError, match="is neither"):
        parse_warehouse(path)
    with pytest.raises(ValueError, match="is neither"):
        parse_output(path)


@pytest.mark.parametrize("project", ["my-project", "test", "p2", "example.com:my-project"])
def test_project(project: str) -> None:
    assert parse_warehouse(f"bigquery:{project}") == BigQueryProject(project)
    assert str(BigQueryProject(project)) == f"bigquery:{project}"


@pytest.mark.parametrize(
    "value",
    [
        "bigquery:",
        "bigquery://p",
        "bigquery:My-Project",
        "bigquery:p.dataset",
        "bq:project",
        "gs://b/x",
        "bigquery:-p",
        "bigquery:p-",
        "bigquery:proj\n",
        "BigQuery:project",
    ],
)
def test_no_warehouse(value: str) -> None:
    with pytest.raises(ValueError, match="is neither a folder nor bigquery:PROJECT"):
        parse_warehouse(value)


@pytest.mark.parametrize(
    ("value", "bucket", "prefix"),
    [
        ("gs://bucket", "bucket", ""),
        ("gs://bucket/", "bucket", ""),
        ("gs://bucket/v1", "bucket", "v1"),
        ("gs://my_bucket.example.com/a/b/", "my_bucket.example.com", "a/b"),
    ],
)
def test_prefix(value: str, bucket: str, prefix: str) -> None:
    assert parse_output(value) == GcsPrefix(bucket, prefix)
    assert parse_output(str(GcsPrefix(bucket, prefix))) == GcsPrefix(bucket, prefix)


@pytest.mark.parametrize(
    "value",
    [
        "gs://",
        "gs:///v1",
        "gs:/bucket",
        "gs:bucket",
        "gs://b",
        "gs://Bucket/x",
        "gs://bucket//x",
        "gs://bucket/x//",
        "gs://bucket/../x",
        "gs://bucket/./x",
        "gs://bucket/x\n",
        "gs://bucket/x ",
        "gcs://bucket",
        "bigquery:project",
    ],
)
def test_no_output(value: str) -> None:
    with pytest.raises(ValueError, match="is neither a folder nor gs://BUCKET/PREFIX"):
        parse_output(value)
