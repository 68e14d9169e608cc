"""What the exporters may not touch: engines and clients, clocks and chance, and anything that is configuration."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import exporters
from exporters.config import ExportConfig

ROOT = Path(exporters.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
OUTSIDE_CONFIG = [module for module in MODULES if module.name != "config.py"]
FORBIDDEN = (
    "apache_beam",
    "google",
    "pyarrow",
    "pipeline",
    "transforms",
    "random",
    "secrets",
    "time",
    "os",
    "requests",
)
CLOCK = {"now", "today", "utcnow", "time", "perf_counter"}


def name_of(module: Path) -> str:
    return str(module.relative_to(ROOT))


def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def docstrings(parsed: ast.Module) -> set[ast.expr]:
    return {
        node.value for node in ast.walk(parsed) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def literals(module: Path) -> list[object]:
    """Return the literals of a module's code; what its docstrings say does not count."""
    parsed = tree(module)
    told = docstrings(parsed)
    return [node.value for node in ast.walk(parsed) if isinstance(node, ast.Constant) and node not in told]


def test_importing_every_exporter_imports_neither_engine_nor_client() -> None:
    program = """
import json, sys
before = set(sys.modules)
from exporters.registry import exports
exports()
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - before})))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT.parent)
    loaded = set(json.loads(done.stdout))
    assert "exporters" in loaded
    assert not loaded & {
        "apache_beam",
        "google",
        "pyarrow",
        "orjson",
        "numpy",
        "pandas",
        "pipeline",
        "transforms",
        "demo",
    }


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_no_forbidden_imports(module: Path) -> None:
    assert not [name for name in imports(module) if name.partition(".")[0] in FORBIDDEN]


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_no_clock(module: Path) -> None:
    called = [node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    assert not [func.attr for func in called if isinstance(func, ast.Attribute) and func.attr in CLOCK]


@pytest.mark.parametrize("module", OUTSIDE_CONFIG, ids=name_of)
def test_s_d5_no_model_is_named_outside_the_configuration(module: Path) -> None:
    champion = ExportConfig().champion_system_id
    named = re.compile(rf"{champion}|catboost|xgboost|lightgbm|ensemble_v\d|similarity_.*_v\d|_v\d+$", re.IGNORECASE)
    texts = [value for value in literals(module) if isinstance(value, str)]
    tables = {"nba_predictions.ml_feature_store_v2"}
    assert not [text for text in texts if named.search(text) and text not in tables]


@pytest.mark.parametrize("module", OUTSIDE_CONFIG, ids=name_of)
def test_no_season_is_named_outside_the_configuration(module: Path) -> None:
    found = literals(module)
    assert not [value for value in found if isinstance(value, str) and re.search(r"\b20\d\d-\d\d\b", value)]
    assert not [value for value in found if isinstance(value, int) and 2000 < value < 2100]


@pytest.mark.parametrize("module", OUTSIDE_CONFIG, ids=name_of)
def test_thresholds_of_the_configuration_are_read_from_it(module: Path) -> None:
    settings = {name for name in ExportConfig.__dataclass_fields__ if name.startswith(("min_", "champion"))}
    assigned = {
        target.id.lower()
        for node in tree(module).body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    assert not assigned & settings
