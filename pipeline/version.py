"""The running code: version, commit, and digest of the locked dependencies.

An image holds ``build.json`` beside this module, written when the image is built. In a checkout, git gives the commit.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "phase6-export"
ROOT = Path(__file__).resolve().parents[1]
STAMP = Path(__file__).with_name("build.json")

_CODE = ("exporters", "transforms", "pipeline")
_INPUTS = (*_CODE, "setup.py", "requirements.txt")
"""The files of an image; other files do not change the running code."""
_LOCK = "requirements.txt"
_COMMIT_CHARACTERS = 12
_GIT_SECONDS = 30


@dataclass(frozen=True)
class Build:
    """The running code.

    Attributes:
        version: Of the package; ``0`` when it is not installed.
        commit: Its first characters, with a digest of the code when it differs from the commit; else the digest alone.
        lock: Digest of the locked dependencies; empty when unknown.
        image: The container image, with its tag; empty outside of one.
    """

    version: str
    commit: str
    lock: str
    image: str = ""

    @property
    def code_version(self) -> str:
        """Version and commit, as in manifests and completion events."""
        return f"{self.version}+{self.commit}"


@lru_cache(maxsize=1)
def current_build() -> Build:
    """Return the code that this process runs."""
    return read_build(ROOT, STAMP)


def code_version() -> str:
    """Return version and commit of the code that this process runs."""
    return current_build().code_version


def read_build(root: Path, stamp: Path) -> Build:
    """Return the build of a stamp; without one, that of the checkout at ``root``."""
    if stamp.exists():
        stamped = json.loads(stamp.read_text(encoding="utf-8"))
        return Build(package_version(), stamped["commit"], stamped["lock"], stamped["image"])
    return Build(package_version(), checkout_commit(root), lock_digest(root))


def package_version() -> str:
    """Return the installed version; ``0`` when nothing is installed."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0"


def lock_digest(root: Path) -> str:
    """Return a digest of the locked dependencies; empty when there is no lock file."""
    try:
        return hashlib.blake2b((root / _LOCK).read_bytes(), digest_size=8).hexdigest()
    except OSError:
        return ""


def checkout_commit(root: Path) -> str:
    """Return the commit of a checkout, and a digest of the code when that differs from it."""
    try:
        commit = _git(root, ["rev-parse", "HEAD"])[:_COMMIT_CHARACTERS]
        changed = _git(root, ["status", "--porcelain", "--", *_INPUTS])
    except (OSError, subprocess.SubprocessError):
        return f"source-{source_digest(root)}"
    return f"{commit}-{source_digest(root)}" if changed else commit


def _git(root: Path, arguments: Iterable[str]) -> str:
    if not (root / ".git").exists():
        raise FileNotFoundError(root / ".git")
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=_GIT_SECONDS
    )
    return done.stdout.strip()


def source_digest(root: Path) -> str:
    """Return a digest of all running code: names and contents of modules and schemas."""
    digest = hashlib.blake2b(digest_size=4)
    found = (path for package in _CODE for path in (root / package).rglob("*"))
    for path in sorted(path for path in found if path.suffix in (".py", ".json") and path.name != STAMP.name):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(hashlib.blake2b(path.read_bytes()).digest())
    return digest.hexdigest()
