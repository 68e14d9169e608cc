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
OUTSIDE_CONFIG = [module for module in MODULES if ROOT / "config" not in module.parents]
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
FACTORS = {2, 10, 12, 60, 100}
"""What turns a unit into another: halves, tenths, hours and minutes of a clock, percent."""
EXACT = {"Decimal", "Fraction"}
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


def numbers(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the numeric literals in a piece of code, those in the text of an exact number included."""
    for found in ast.walk(node):
        if isinstance(found, ast.Constant) and type(found.value) in (int, float):
            yield found
        elif isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id in EXACT:
            yield from (a for a in found.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def arithmetic(parsed: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of code whose numbers belong to the way a field is written.

    These are factors, the digits that a function rounds to, the precision in a column's type, and the sizes of caches.
    """
    scaling = (ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
    for node in ast.walk(parsed):
        if isinstance(node, ast.BinOp) and isinstance(node.op, scaling):
            for side in (node.left, node.right):
                if isinstance(side, ast.Constant) and side.value in FACTORS:
                    yield side
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name.startswith("round") or name == "rate":
                yield node.args[-1]
            elif name == "Numeric":
                yield node
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "maxsize")


def rules(code: str) -> list[str]:
    """Return the lines of a module that decide by a number of their own (the rule stands in exporters.config)."""
    parsed = ast.parse(code)
    allowed = {id(number) for part in arithmetic(parsed) for number in numbers(part)}
    found = [number for number in numbers(parsed) if id(number) not in allowed and number.value not in (0, 1)]
    for node in parsed.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            found.extend(number for value in values if isinstance(value, ast.Constant) for number in numbers(value))
    lines = code.splitlines()
    return [lines[line - 1].strip() for line in sorted({number.lineno for number in found})]


@pytest.mark.parametrize(
    "code",
    [
        "LIMIT = 1",
        "LOW, HIGH = 0, 1",
        "LIMIT: int = 5",
        "SHARE = Decimal('0.05')",
        "TREND = Fraction(15, 100)",
        "BANDS = (('hot', Decimal('8.0')),)",
        "WINDOW = Window(days=7)",
        "newest = games[:5]",
        "is_hot = score >= 8",
        "score = 3 * edge",
        "late = hour > 12",
        "def first(count: int = 20): ...",
        "def fresh(score): return 75 <= score < 95",
    ],
)
def test_a_rule_is_recognized(code: str) -> None:
    assert rules(code) == [code]


@pytest.mark.parametrize(
    "code",
    [
        "first = rows[0] if len(rows) > 1 else None",
        "percent = 100 * part / whole",
        "hour = (hour - 1) % 12 + 1",
        "mean = rounded_ratio(total, 10 * games, 1)",
        "rate = rounded_ratio(part, whole, 3)",
        "rate = calls.rate(2)",
        "Numeric41 = Annotated[Decimal, Numeric(4, 1)]",
        "find = lru_cache(maxsize=4096)(find)",
        "NONE = Decimal(0)",
    ],
)
def test_arithmetic_is_no_rule(code: str) -> None:
    assert not rules(code)


@pytest.mark.parametrize("module", OUTSIDE_CONFIG, ids=name_of)
def test_no_number_decides_anything_outside_the_configuration(module: Path) -> None:
    assert not rules(module.read_text(encoding="utf-8"))


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
def test_no_league_is_built_by_the_calendar_of_another(module: Path) -> None:
    """A calendar is given with the configuration; the files of schemas are written for the default league."""
    names = {node.id for node in ast.walk(tree(module)) if isinstance(node, ast.Name)}
    made = {node.func.id for node in ast.walk(tree(module)) if isinstance(node, ast.Call) and hasattr(node.func, "id")}
    assert module.name == "document_schemas.py" or not names & {"NBA", "NBA_CALENDAR", "ZoneInfo"}
    assert not made & {"LeagueCalendar", "ExportConfig"}


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
