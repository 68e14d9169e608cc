"""The system's Chromium, driven by Playwright, and axe. What a machine lacks is left out by name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.version import ROOT
from tests.support.left_out import left_out

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = ROOT / ".venv-node" / "node_modules" / "axe-core" / "axe.min.js"


def chromium() -> str:
    """Return the program; without it, the test is left out."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    return left_out("the status page in a browser", "there is no Chromium; install one, e.g. apt-get install chromium")


def axe() -> Path:
    """Return the script of axe; without it, the test is left out."""
    if not AXE.exists():
        left_out(
            "the accessibility of the status page by axe",
            "it is not in .venv-node; run 'make typescript' where the npm registry can be reached",
        )
    return AXE


@contextmanager
def running() -> Iterator[Any]:
    """Run a headless browser."""
    from playwright.sync_api import sync_playwright

    program = chromium()
    # Root has no sandbox; the pages are our own.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
