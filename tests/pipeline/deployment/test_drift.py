from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.deployment.drift import main
from pipeline.deployment.settings import load_deployment
from pipeline.deployment.template_metadata import BATCH, STREAMING, template_metadata
from pipeline.version import lock_digest
from tests.support.git import commit_all
from tests.support.manifests import manifest_json
from tests.support.matchers import assert_one_line_each
from tests.support.stores import MemoryStore
from transforms.stores.protocol import Store, StoreError

OURS = load_deployment()


@dataclass
class World:
    """A checkout under git, a template and a bucket of documents, all of one commit unless a test changes one."""

    root: Path
    capture: pytest.CaptureFixture[str]
    commit: str = ""
    lock: str = ""
    work: MemoryStore = field(default_factory=MemoryStore)
    output: MemoryStore = field(default_factory=MemoryStore)
    template: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.root / "pipeline").mkdir(parents=True)
        (self.root / "pipeline" / "a.py").write_text("A = 1\n")
        (self.root / "requirements.txt").write_text("a==1\n")
        self.commit, self.lock = commit_all(self.root)[:12], lock_digest(self.root)
        self.template = {
            "image": f"{OURS.image}:{self.commit}",
            "metadata": template_metadata(BATCH),
            "defaultEnvironment": {"additionalUserLabels": {"commit": self.commit, "lock": self.lock}},
        }
        self.publish("2026-02-10", commit="older", lock="older")
        self.publish("2026-02-11", commit=self.commit, lock=self.lock)

    def publish(self, day: str, **run: str) -> None:
        content = json.dumps(manifest_json(day, run=run)).encode()
        self.output.write(f"manifest/{day}.json", content, cache_control="no-cache")

    def open(self, bucket: str, prefix: str) -> Store:
        return {(f"{OURS.output_bucket}-control", "v1"): self.output, (OURS.work_bucket, "templates"): self.work}[
            bucket, prefix
        ]

    def compare(self, *flags: str) -> tuple[int, list[str], str]:
        if self.template:
            content = json.dumps(self.template).encode()
            self.work.write("phase6-export.json", content, cache_control="no-cache")
        code = main(flags, root=self.root, open_bucket=self.open)
        captured = self.capture.readouterr()
        return code, captured.out.splitlines(), captured.err


def dumped(folder: Path, **job: Any) -> Path:
    """Return a file with what a job is described as."""
    path = folder / "job.json"
    path.write_text(json.dumps({"name": "phase6-stream", "currentState": "JOB_STATE_RUNNING", **job}))
    return path


@pytest.fixture
def world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> World:
    return World(tmp_path / "checkout", capsys)


class TestSame:
    def test_all_three(self, world: World) -> None:
        code, out, _ = world.compare()
        assert code == 0, out
        said = f"commit {world.commit}, lock {world.lock}"
        assert out == [
            f"checkout: {said}",
            f"template {OURS.template}: {said}",
            f"manifest of 2026-02-11: {said}",
            "all the same",
        ]

    def test_the_streaming_template(self, world: World) -> None:
        code, out, _ = world.compare("--streaming")
        assert (code, out[-1]) == (1, "1 differences")
        assert "template: there is none; build it with make template EXECUTE=1" in out
        streaming = {**world.template, "metadata": template_metadata(STREAMING)}
        world.work.write("phase6-export-streaming.json", json.dumps(streaming).encode(), cache_control="no-cache")
        code, out, _ = world.compare("--streaming")
        assert (code, out[-1]) == (0, "all the same")
        assert OURS.streaming_template in out[1]

    def test_the_running_job(self, world: World, tmp_path: Path) -> None:
        code, out, _ = world.compare(f"--job={dumped(tmp_path, labels={'commit': world.commit, 'lock': world.lock})}")
        assert code == 0, out
        assert out[2] == f"job phase6-stream: commit {world.commit}, lock {world.lock}"

    def test_in_folders(self, world: World, tmp_path: Path) -> None:
        template, output = tmp_path / "template.json", tmp_path / "out"
        template.write_text(json.dumps(world.template))
        control = tmp_path / "out-control"
        (control / "manifest").mkdir(parents=True)
        run = {"commit": world.commit, "lock": world.lock}
        (control / "manifest" / "2026-02-11.json").write_text(json.dumps(manifest_json("2026-02-11", run=run)))
        code, out, _ = world.compare(f"--template={template}", f"--output={output}")
        assert code == 0, out


class TestDifferent:
    def one(self, world: World) -> str:
        code, out, _ = world.compare()
        assert code == 1
        assert out[-1] == "1 differences"
        return out[-2]

    def test_code_that_is_not_committed(self, world: World) -> None:
        (world.root / "pipeline" / "a.py").write_text("A = 2\n")
        code, out, _ = world.compare()
        assert code == 1
        assert any(line.startswith("checkout: its code is not what was committed") for line in out)
        assert any(line.startswith(f"commit: checkout has {world.commit}-") for line in out)

    def test_a_template_of_another_commit(self, world: World) -> None:
        world.template["defaultEnvironment"]["additionalUserLabels"]["commit"] = "ffffffffffff"
        world.template["image"] = f"{OURS.image}:ffffffffffff"
        world.publish("2026-02-11", commit="ffffffffffff", lock=world.lock)
        assert self.one(world) == f"commit: checkout has {world.commit}, template {OURS.template} has ffffffffffff"

    def test_other_dependencies(self, world: World) -> None:
        world.publish("2026-02-11", commit=world.commit, lock="other")
        assert self.one(world) == f"lock: template {OURS.template} has {world.lock}, manifest of 2026-02-11 has other"

    def test_jobs_that_run_something_else_than_the_template(self, world: World) -> None:
        world.publish("2026-02-12", commit="eeeeeeeeeeee", lock=world.lock)
        assert self.one(world).endswith("manifest of 2026-02-12 has eeeeeeeeeeee")

    def test_a_job_of_before_the_release(self, world: World, tmp_path: Path) -> None:
        labels = {"commit": "dddddddddddd", "lock": world.lock}
        code, out, _ = world.compare(f"--job={dumped(tmp_path, labels=labels)}")
        assert code == 1
        assert out[-3:] == [
            f"commit: template {OURS.template} has {world.commit}, job phase6-stream has dddddddddddd",
            f"commit: job phase6-stream has dddddddddddd, manifest of 2026-02-11 has {world.commit}",
            "2 differences",
        ]

    def test_a_job_without_a_code_version(self, world: World, tmp_path: Path) -> None:
        code, out, _ = world.compare(f"--job={dumped(tmp_path, labels={'app': 'phase6-export'})}")
        assert code == 1
        assert "job phase6-stream: commit unknown, lock unknown" in out

    def test_a_manifest_of_before_commits_were_kept(self, world: World) -> None:
        world.publish("2026-02-12")
        _, out, _ = world.compare()
        assert "manifest of 2026-02-12: commit unknown, lock unknown" in out

    def test_an_image_that_is_not_the_templates(self, world: World) -> None:
        world.template["image"] = f"{OURS.image}:latest"
        assert self.one(world) == (f"template: its image {OURS.image}:latest is not that of commit {world.commit}")

    def test_options(self, world: World) -> None:
        parameters = world.template["metadata"]["parameters"]
        gone = parameters.pop()
        parameters[0] = {**parameters[0], "helpText": "other"}
        parameters.append({"name": "old_one"})
        _, out, _ = world.compare()
        assert f"template: does not take {gone['name']}" in out
        assert "template: takes old_one, which is no option any more" in out
        assert f"template: takes {parameters[0]['name']} otherwise than the checkout" in out

    def test_nothing_is_there(self, world: World) -> None:
        world.template = {}
        world.output = MemoryStore()
        code, out, _ = world.compare()
        assert code == 1
        assert out[1:] == [
            "template: there is none; build it with make template EXECUTE=1",
            "manifest: nothing is published",
            "2 differences",
        ]

    def test_a_template_without_labels(self, world: World) -> None:
        world.template = {"image": "i"}
        code, out, _ = world.compare()
        assert code == 1
        assert f"template {OURS.template}: commit unknown, lock unknown" in out


class TestUnreadable:
    @pytest.mark.parametrize(("content", "message"), [(b"no", "is no JSON"), (b"[]", "is no template")])
    def test_a_template(self, world: World, content: bytes, message: str) -> None:
        world.template = {}
        world.work.write("phase6-export.json", content, cache_control="no-cache")
        code, _, error = world.compare()
        assert code == 2
        assert_one_line_each(error, names=[message])

    @pytest.mark.parametrize(
        ("content", "message"),
        [("no", "is no JSON"), ("[]", "is no job"), ('{"name": "n"}', "describe the job with --full")],
    )
    def test_a_job(self, world: World, tmp_path: Path, content: str, message: str) -> None:
        path = tmp_path / "job.json"
        path.write_text(content)
        code, _, error = world.compare(f"--job={path}")
        assert code == 2
        assert_one_line_each(error, names=[message])

    def test_a_job_that_was_not_dumped(self, world: World, tmp_path: Path) -> None:
        code, _, error = world.compare(f"--job={tmp_path / 'none.json'}")
        assert code == 2
        assert "none.json" in error

    def test_a_bucket(self, world: World) -> None:
        def refuse(path: str) -> None:
            raise StoreError(f"cannot read {path}: forbidden; grant storage.objects.get")

        world.output.before_read = refuse
        code, _, error = world.compare()
        assert code == 2
        assert_one_line_each(error, names=["forbidden"])

    def test_settings(self, world: World, tmp_path: Path) -> None:
        code, _, error = world.compare(f"--settings={tmp_path / 'none.env'}")
        assert code == 2
        assert "none.env" in error
        code, _, error = world.compare("--output=s3://bucket")
        assert code == 2
        assert "gs://" in error
