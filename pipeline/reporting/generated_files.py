"""Files of the repository that commands make from what the code declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_files(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Write every file of a folder that is missing or stale, and return their names.

    Args:
        folder: The folder; it is made where there is none.
        texts: The text of each file, by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in texts.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed
