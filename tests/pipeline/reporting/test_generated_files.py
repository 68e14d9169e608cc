from __future__ import annotations

from pathlib import Path

from pipeline.reporting.generated_files import write_files


def test_only_what_is_missing_or_stale_is_written(tmp_path: Path) -> None:
    folder, texts = tmp_path / "docs", {"a.md": "a", "b.md": "b"}
    assert write_files(folder, texts) == ["a.md", "b.md"]
    (folder / "a.md").write_text("old")
    assert write_files(folder, texts) == ["a.md"]
    assert {path.name: path.read_text() for path in folder.iterdir()} == texts
