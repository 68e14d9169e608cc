"""Repositories that tests make, independent of the user's git settings."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.left_out import left_out

_IDENTITY = {f"GIT_{role}_{part}": "n@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}


def commit_all(root: Path) -> str:
    """Make a folder a repository, commit all that is in it, and return the commit; leave the test out without git."""
    if shutil.which("git") is None:
        left_out("commits as the version of the code", "git is not on PATH; install it")
    # A signature, a hook or a template of the user's settings would change what is tested, or fail; within a hook of
    # git, its variables name another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {**_IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=m"], ["rev-parse", "HEAD"]):
        done = subprocess.run(
            ["git", *command], cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=60
        )
    return done.stdout.strip()
