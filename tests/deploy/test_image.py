from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporters.registry import exports
from pipeline.version import ROOT, lock_digest

COMMIT = "0123456789ab"
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
STEPS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "cloudbuild.yaml").read_text())["steps"]


def instructions(name: str) -> list[str]:
    """Return what follows an instruction, continued lines joined."""
    lines = DOCKERFILE.replace("\\\n", " ").splitlines()
    return [line.removeprefix(f"{name} ") for line in lines if line.startswith(f"{name} ")]


class TestDockerfile:
    def test_beam_is_the_locked_one(self) -> None:
        [locked] = re.findall(r"^apache-beam==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
        assert instructions("FROM")[0] == f"apache/beam_python${{PYTHON}}_sdk:{locked} AS beam"

    def test_one_python(self) -> None:
        [version] = [line.removeprefix("PYTHON=") for line in instructions("ARG") if line.startswith("PYTHON=")]
        assert f"python{version.replace('.', '')}-template-launcher-base" in instructions("FROM")[1]
        assert instructions("FROM")[2] == "python:${PYTHON}-slim"

    def test_everything_is_pinned(self) -> None:
        [install] = [run for run in instructions("RUN") if "requirements.txt" in run]
        assert "--require-hashes" in install
        assert "pip check" in instructions("RUN")[-2]

    def test_the_launcher_installs_nothing(self) -> None:
        assert instructions("ENV") == ["FLEX_TEMPLATE_PYTHON_PY_FILE=/template/main.py"]
        assert instructions("ENTRYPOINT") == ['["/opt/apache/beam/boot"]']

    def test_launcher_and_boot_are_copied(self) -> None:
        copied = [copy.split()[-1] for copy in instructions("COPY") if copy.startswith("--from=")]
        assert copied == ["/opt/apache/beam", "/opt/google/dataflow/python_template_launcher"]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile copies, stamped and installed into a folder as it does."""
    build = tmp_path_factory.mktemp("build")
    sources = [source for copy in instructions("COPY") if "--from" not in copy for source in copy.split()[:-1]]
    for source in sources:
        (build / source).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, build / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, build / source)
    stamp = [sys.executable, "-m", "pipeline.deployment.stamp", f"--commit={COMMIT}", f"--image=i:{COMMIT}"]
    subprocess.run(stamp, cwd=build, check=True, timeout=60)
    site = tmp_path_factory.mktemp("site")
    uv = Path(sys.executable).with_name("uv")
    install = [str(uv), "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation"]
    subprocess.run([*install, "--python", sys.executable, "--target", str(site), "."], cwd=build, check=True)
    shutil.copy(build / "pipeline" / "main.py", site.parent / "main.py")
    return site


class TestContents:
    def run(self, image: Path, *command: str) -> str:
        """Run Python with the image's packages before those of the checkout."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=image.parent,
            env={**os.environ, "PYTHONPATH": str(image)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def test_it_carries_its_version(self, image: Path) -> None:
        script = "import pipeline.version as v; b = v.current_build(); print(v.__file__, b.commit, b.lock, b.image)"
        path, *rest = self.run(image, "-c", script).split()
        assert Path(path).is_relative_to(image)
        assert rest == [COMMIT, lock_digest(ROOT), f"i:{COMMIT}"]

    def test_schemas_are_in_it(self, image: Path) -> None:
        wanted = {path.name for path in (ROOT / "exporters").rglob("*.schema.json")}
        assert {path.name for path in (image / "exporters").rglob("*.schema.json")} == wanted

    def test_every_package_is_in_it(self, image: Path) -> None:
        for package in ("exporters", "transforms", "pipeline"):
            wanted = {path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py")}
            assert {path.relative_to(image) for path in (image / package).rglob("*.py")} == wanted

    def test_its_launcher_runs(self, image: Path) -> None:
        assert "--warehouse" in self.run(image, "main.py", "--help")
        flags = ("--warehouse=data", "--output=out", "--export_types=all", "--target_date=2026-02-11", "--dry_run")
        flags = (*flags, "--skip_preflight")
        plan = json.loads(self.run(image, "main.py", *flags))
        assert set(plan["documents"]) == set(exports())


class TestCloudBuild:
    def test_the_order(self) -> None:
        assert [step["id"] for step in STEPS] == ["build", "gate", "push", "template", "streaming-template"]

    def test_a_night_is_exported_without_a_network(self) -> None:
        arguments = STEPS[1]["args"]
        assert "--network=none" in arguments
        assert arguments[-3:] == ["${_IMAGE}:${_COMMIT}", "/deploy/gate.sh", "${_COMMIT}"]
        assert "--volume=/workspace/deploy:/deploy:ro" in arguments

    @pytest.mark.parametrize(
        ("step", "metadata", "name"),
        [
            (STEPS[3], "metadata.json", "Phase 6 Export"),
            (STEPS[4], "metadata-streaming.json", "Phase 6 Export, streaming"),
        ],
    )
    def test_a_template_carries_commit_and_lock(self, step: dict[str, Any], metadata: str, name: str) -> None:
        arguments = step["args"][-1].replace("\\\n", " ").split()
        assert "--additional-user-labels=${_LABELS}" in arguments
        assert "--image=${_IMAGE}:${_COMMIT}" in arguments
        assert f"--metadata-file=deploy/{metadata}" in arguments
        assert json.loads((ROOT / "deploy" / metadata).read_text())["name"] == name

    def test_substitutions_are_given(self) -> None:
        used = set(re.findall(r"\$\{(_[A-Z_]+)\}", (ROOT / "deploy" / "cloudbuild.yaml").read_text()))
        given = set(re.findall(r'"(_[A-Z_]+)=', (ROOT / "deploy" / "template.sh").read_text()))
        assert used == given
