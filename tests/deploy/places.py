"""The scripts of ``deploy/`` beside settings of which some are others."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from pipeline.version import ROOT

PRIVATE = {
    "NETWORK": "phase6-net",
    "SUBNETWORK": "regions/us-west2/subnetworks/phase6-workers",
    "PRIVATE_IPS": "true",
    "KMS_KEY": "projects/my-project/locations/us-west2/keyRings/phase6/cryptoKeys/export",
    "LABELS": "team=data,stage=live",
}
"""Every setting of where and as what workers run."""


def settled(folder: Path, script: str, **settings: str) -> str:
    """Return a script beside settings of which some are others."""
    if not (folder / "deploy").exists():
        shutil.copytree(ROOT / "deploy", folder / "deploy")
    settle(folder / "deploy" / "settings.env", **settings)
    return str(folder / "deploy" / script)


def settle(file: Path, **settings: str) -> Path:
    """Change some settings where they stand, so that those further down that refer to them change as well."""
    text = file.read_text(encoding="utf-8")
    for name, value in settings.items():
        line = f'{name}="{value}"' if " " in value else f"{name}={value}"
        text, changed = re.subn(rf"^{name}=.*$", line.replace("\\", r"\\"), text, flags=re.M)
        assert changed == 1, name
    file.write_text(text, encoding="utf-8")
    return file
