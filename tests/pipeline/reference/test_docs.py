from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.reference.api_docs import pages
from pipeline.reference.docs import OPENAPI, REQUEST_SCHEMA, TYPESCRIPT, main, write, write_clients
from pipeline.reference.openapi import openapi_text
from pipeline.reference.request_schema import schema_text
from pipeline.reference.typescript import DOCUMENTS, files


def test_writes_pages_and_schema_and_then_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clients = tmp_path / "clients"
    clients.mkdir()
    assert main([f"--output={tmp_path}", f"--clients={clients}"]) == 0
    assert capsys.readouterr().out.startswith(f"{len(pages()) + 4} files changed: api/README.md, ")
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "api").iterdir()} == pages()
    assert (tmp_path / REQUEST_SCHEMA).read_text(encoding="utf-8") == schema_text()
    assert (tmp_path / OPENAPI).read_text(encoding="utf-8") == openapi_text()
    assert {path.name: path.read_text(encoding="utf-8") for path in (clients / TYPESCRIPT).iterdir()} == files()
    assert main([f"--output={tmp_path}", f"--clients={clients}"]) == 0
    assert capsys.readouterr().out == "0 files changed\n"


def test_what_is_stale_is_written_again(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / REQUEST_SCHEMA).write_text("stale")
    (tmp_path / "api" / "tonight.md").write_text("stale")
    (tmp_path / OPENAPI).write_text("stale")
    assert write(tmp_path) == ["api/tonight.md", REQUEST_SCHEMA, OPENAPI]
    assert json.loads((tmp_path / REQUEST_SCHEMA).read_text(encoding="utf-8"))["type"] == "object"


def test_a_stale_client_is_written_again(tmp_path: Path) -> None:
    assert write_clients(tmp_path) == [f"{TYPESCRIPT}/{name}" for name in files()]
    (tmp_path / TYPESCRIPT / DOCUMENTS).write_text("stale")
    assert write_clients(tmp_path) == [f"{TYPESCRIPT}/{DOCUMENTS}"]


def test_a_folder_that_is_not_there_is_a_slip_of_the_finger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--output={tmp_path / 'doc'}"]) == 2
    assert "is no folder; make it first, or name another one" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--ouput={tmp_path}"]) == 2
    assert "did you mean --output?" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
