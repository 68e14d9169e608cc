"""Files of leagues for tests."""

from __future__ import annotations

import json
from pathlib import Path


def leagues_file(folder: Path) -> Path:
    """Write a file of one league whose tables are in datasets of its own."""
    names = ("analytics", "orchestration", "precompute", "predictions", "raw", "reference")
    datasets = {f"nba_{name}": f"wnba_{name}" for name in names}
    record = {"name": "wnba", "champions": {"2026-01-01": "model_1"}, "datasets": datasets}
    file = folder / "leagues.json"
    file.write_text(json.dumps({"leagues": [record]}))
    return file
