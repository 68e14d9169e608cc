"""The wheel of this checkout, and an environment that holds it and the locked dependencies, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.version import ROOT

UV = str(Path(sys.executable).with_name("uv"))
PACKAGES = ("demo", "exporters", "pipeline", "transforms")
_SECONDS = 150


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command in a folder and return what it printed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """Build a source distribution and, from it, a wheel; both go into ``folder/dist``.

    Returns:
        The wheel.
    """
    # Building leaves files beside the sources, and would take up what an earlier build has left.
    sources, made = folder / "sources", folder / "dist"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, sources / package, ignore=shutil.ignore_patterns("__pycache__", "build.json"))
    for file in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, sources)
    run(sys.executable, "-m", "build", "--no-isolation", f"--outdir={made}", sources, cwd=folder)
    [wheel] = made.glob("*.whl")
    return wheel


def install_wheel(wheel: Path, environment: Path) -> Path:
    """Install a wheel into a new environment and return the environment's interpreter."""
    run(UV, "venv", "--quiet", "--clear", "--no-python-downloads", f"--python={sys.executable}", environment, cwd=ROOT)
    interpreter = environment / "bin" / "python"
    install = (UV, "pip", "install", "--quiet", f"--python={interpreter}")
    run(*install, "--require-hashes", "--requirement=requirements.txt", cwd=ROOT)
    run(*install, "--no-deps", wheel, cwd=ROOT)
    return interpreter
