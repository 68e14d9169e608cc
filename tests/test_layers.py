"""Imports point one way: pipeline, transforms, exporters; inside a layer, from later packages to earlier ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ORDER = (
    "exporters.config",
    "exporters.warehouse",
    "exporters.league.arithmetic",
    "exporters.declaration",
    "exporters.league.games",
    "exporters.league.players",
    "exporters.league.forecasts",
    "exporters.league.subsets",
    "exporters.league.nights",
    "exporters.league",
    "exporters.tonight",
    "exporters.bets",
    "exporters.subsets",
    "exporters.players",
    "exporters.trends",
    "exporters.site",
    "exporters.registry",
    "exporters.document_schemas",
    "exporters",
    "transforms.elements",
    "transforms.clients",
    "transforms.warehouses",
    "transforms.stores",
    "transforms.history",
    "transforms.live_feed",
    "transforms.reading",
    "transforms.stages",
    "transforms.status_page",
    "transforms.publishing",
    "transforms.restoring",
    "transforms.steps",
    "transforms",
    "pipeline.version",
    "pipeline.requests",
    "pipeline.options",
    "pipeline.reporting",
    "pipeline.planning",
    "pipeline.alerting",
    "pipeline.engines",
    "pipeline.execution",
    "pipeline.deployment",
    "pipeline.stream",
    "pipeline.verification",
    "pipeline.comparison",
    "pipeline.provenance",
    "pipeline.operations",
    "pipeline.reference",
    "pipeline",
)
"""Packages and single modules, each of which may import those before it."""

APART = (
    "exporters.tonight",
    "exporters.bets",
    "exporters.subsets",
    "exporters.players",
    "exporters.trends",
    "exporters.site",
)
"""Groups of export types, which do not import one another."""

LATE = {"pipeline.execution": {"pipeline.stream"}}
"""Imports inside a function that open a door for one command only, by the package that holds the function."""

MOST_MODULES = 15


def home(name: str) -> str | None:
    """Return the longest entry of the table that a module belongs to; None for a module of no layer."""
    return max((entry for entry in ORDER if f"{name}.".startswith(f"{entry}.")), key=len, default=None)


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield every module that an import names, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # A name is a package of its own, or something that the module defines.
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in ORDER else node.module for name in names)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = sorted(path for layer in ("exporters", "transforms", "pipeline") for path in (ROOT / layer).rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_module_imports_only_earlier_packages(module: Path) -> None:
    here = home(name_of(module))
    assert here is not None
    late = LATE.get(here, set())
    for target in imported(ast.parse(module.read_text(encoding="utf-8"))):
        there = home(target)
        if there is None or there == here or there in late:
            continue
        assert ORDER.index(there) < ORDER.index(here), f"{name_of(module)} imports {target}"
        assert not (here in APART and there in APART), f"{name_of(module)} imports {target}"


def test_every_package_docstring_states_contents_and_imports() -> None:
    for path in (path for path in MODULES if path.name == "__init__.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring is not None, path
        assert "import" in docstring.lower(), f"{path} does not say what it may import"


def test_folders_stay_small() -> None:
    for folder in {path.parent for path in (*MODULES, *(ROOT / "demo").rglob("*.py"))}:
        modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= MOST_MODULES, f"{folder.relative_to(ROOT)} holds {len(modules)} modules: group them"
