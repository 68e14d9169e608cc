from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.commands.command import load

NAME = "made_up_module"


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of a module, which nothing else imports."""
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop(NAME, None)
    yield tmp_path / f"{NAME}.py"
    sys.modules.pop(NAME, None)
    gc.unfreeze()


def test_garbage_is_not_collected_during_the_import_and_is_again_after_it(made_up: Path) -> None:
    made_up.write_text("import gc\nCOLLECTS = gc.isenabled()\n")
    assert gc.isenabled()
    assert load(f"{NAME}:COLLECTS") is False
    assert gc.isenabled()


def test_what_an_import_made_is_never_looked_through_for_garbage(made_up: Path) -> None:
    made_up.write_text("VALUES = [[] for _ in range(1000)]\n")
    before = gc.get_freeze_count()
    values = load(f"{NAME}:VALUES")
    assert gc.get_freeze_count() >= before + 1000
    assert not any(found is values for found in gc.get_objects())


def test_a_module_that_is_there_is_not_frozen_again(made_up: Path) -> None:
    made_up.write_text("VALUES = []\n")
    load(f"{NAME}:VALUES")
    gc.unfreeze()
    load(f"{NAME}:VALUES")
    assert gc.get_freeze_count() == 0


def test_a_failed_import_leaves_the_collector_as_it_was(made_up: Path) -> None:
    made_up.write_text("raise ImportError('broken')\n")
    with pytest.raises(ImportError, match="broken"):
        load(f"{NAME}:VALUES")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off(made_up: Path) -> None:
    made_up.write_text("VALUES = []\n")
    gc.disable()
    try:
        load(f"{NAME}:VALUES")
        assert not gc.isenabled()
    finally:
        gc.enable()
