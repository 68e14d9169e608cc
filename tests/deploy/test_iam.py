"""``deploy/iam.sh`` against a project that keeps what it makes: run again, broken off, and no more than is listed."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.deployment.settings import load_deployment
from pipeline.version import ROOT
from tests.deploy.places import PRIVATE, settled
from tests.support.cloud import FakeCloud

IAM = str(ROOT / "deploy" / "iam.sh")
OURS = load_deployment()
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
DATAFLOW = "dataflow-service-producer-prod"
CODE = [path for package in ("pipeline", "transforms") for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.fixture
def cloud(tmp_path: Path) -> FakeCloud:
    """An empty project in which upstream has its topic."""
    found = FakeCloud(tmp_path / "bin")
    found.there("pubsub topics", OURS.upstream_topic)
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> FakeCloud:
    """A project in which the script has run, not to be changed."""
    found = FakeCloud(tmp_path_factory.mktemp("whole"))
    found.there("pubsub topics", OURS.upstream_topic)
    assert carry_out(found) == 0
    return found


def carry_out(cloud: FakeCloud, script: str = IAM) -> int:
    return cloud.run("bash", script, EXECUTE="1", WAIT="0").returncode


class TestAgain:
    @pytest.mark.parametrize("settings", [{}, PRIVATE], ids=["plain", "private"])
    def test_a_second_run_changes_nothing(self, cloud: FakeCloud, tmp_path: Path, settings: dict[str, str]) -> None:
        script = settled(tmp_path, "iam.sh", **settings)
        assert carry_out(cloud, script) == 0
        first, calls = cloud.state, len(cloud.calls)
        assert first["grants"]
        assert carry_out(cloud, script) == 0
        assert cloud.state == first
        assert [call for call in cloud.calls[calls:] if "create" in call] == []

    @pytest.mark.parametrize("call", [2, 5, 14, 30])
    def test_one_that_broke_off_is_completed_by_the_next(self, cloud: FakeCloud, whole: FakeCloud, call: int) -> None:
        cloud.fail_at(call)
        broke_off = carry_out(cloud) != 0
        # A look at what may be there, and a grant, are answered by trying again.
        assert broke_off or {"describe", "add-iam-policy-binding"} & set(cloud.calls[call - 1])
        cloud.fail_at(0)
        assert carry_out(cloud) == 0
        assert _unordered(cloud.state) == _unordered(whole.state)

    def test_it_stops_where_upstream_has_no_topic_yet(self, tmp_path: Path) -> None:
        cloud = FakeCloud(tmp_path / "bin")
        done = cloud.run("bash", IAM, EXECUTE="1", WAIT="0")
        assert done.returncode == 1
        assert f"{OURS.upstream_topic} does not exist" in done.stderr

    def test_a_grant_that_is_refused_for_good_stops_it(self, cloud: FakeCloud) -> None:
        cloud.add("gcloud", [("projects add-iam-policy-binding", 1, "")])
        assert carry_out(cloud) == 1
        assert sum(call[1:3] == ["projects", "add-iam-policy-binding"] for call in cloud.calls) == 5


def _unordered(state: dict[str, Any]) -> dict[str, Any]:
    return {**state, "grants": sorted(state["grants"])}


class TestBuckets:
    @pytest.fixture
    def buckets(self, whole: FakeCloud) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = whole.state["things"]["storage buckets"]
        return found

    def test_the_three_are_made_in_the_region_with_versions(self, buckets: dict[str, dict[str, Any]]) -> None:
        names = (OURS.output_bucket, OURS.control_bucket, OURS.work_bucket)
        assert buckets.keys() == {f"gs://{name}" for name in names}
        for found in buckets.values():
            assert found["location"] == OURS.region
            assert {"versioning", "uniform-bucket-level-access"} <= found.keys()

    def test_old_versions_are_kept_for_a_month_and_no_longer(self, buckets: dict[str, dict[str, Any]]) -> None:
        for found in buckets.values():
            assert {
                "action": {"type": "Delete"},
                "condition": {"isLive": False, "daysSinceNoncurrentTime": 30},
            } in found["lifecycle-file"]["rule"]

    def test_what_is_published_or_said_of_runs_never_expires(self, buckets: dict[str, dict[str, Any]]) -> None:
        for name in (OURS.output_bucket, OURS.control_bucket):
            rules = buckets[f"gs://{name}"]["lifecycle-file"]["rule"]
            assert [rule for rule in rules if rule["condition"].get("isLive") is not False] == []

    def test_templates_and_files_of_a_running_job_stay(self, buckets: dict[str, dict[str, Any]]) -> None:
        rules = buckets[f"gs://{OURS.work_bucket}"]["lifecycle-file"]["rule"]
        [prefixes] = [rule["condition"]["matchesPrefix"] for rule in rules if "age" in rule["condition"]]
        names = [place.removeprefix(f"gs://{OURS.work_bucket}/") for place in (OURS.template, OURS.staging_location)]
        assert prefixes == ["temp/", "source/"]
        assert not [name for name in names for prefix in prefixes if f"{name}/".startswith(prefix)]

    def test_only_documents_are_public(self, whole: FakeCloud, buckets: dict[str, dict[str, Any]]) -> None:
        public = {name for name, member, _ in whole.state["grants"] if member in ("allUsers", "allAuthenticatedUsers")}
        assert public == {f"gs://{OURS.output_bucket}"}
        closed = {name for name, found in buckets.items() if "public-access-prevention" in found}
        assert closed == buckets.keys() - public

    def test_browsers_of_other_sites_may_read(self, buckets: dict[str, dict[str, Any]]) -> None:
        [rule] = buckets[f"gs://{OURS.output_bucket}"]["cors-file"]
        assert (rule["origin"], set(rule["method"])) == (["*"], {"GET", "HEAD"})

    def test_they_and_images_are_encrypted_with_the_key(self, cloud: FakeCloud, tmp_path: Path) -> None:
        assert carry_out(cloud, settled(tmp_path, "iam.sh", **PRIVATE)) == 0
        things = cloud.state["things"]
        keys = {found["default-encryption-key"] for found in things["storage buckets"].values()}
        assert keys == {found["kms-key"] for found in things["artifacts repositories"].values()}
        assert keys == {PRIVATE["KMS_KEY"]}
        users = {member for name, member, _ in cloud.state["grants"] if name == PRIVATE["KMS_KEY"]}
        services = {
            "dataflow-service-producer-prod",
            "compute-system",
            "gs-project-accounts",
            "gcp-sa-artifactregistry",
        }
        assert users == {f"serviceAccount:service-1234567890@{name}.iam.gserviceaccount.com" for name in services}

    def test_a_subnetwork_of_another_project_takes_workers(self, cloud: FakeCloud, tmp_path: Path) -> None:
        whole = "https://www.googleapis.com/compute/v1/projects/host-net/regions/us-west2/subnetworks/shared"
        assert carry_out(cloud, settled(tmp_path, "iam.sh", SUBNETWORK=whole)) == 0
        assert [
            "shared",
            "serviceAccount:service-1234567890@dataflow-service-producer-prod.iam.gserviceaccount.com",
        ] in [grant[:2] for grant in cloud.state["grants"]]


SERVICES = {
    "apache_beam.io.gcp": "dataflow",
    "google.cloud.bigquery": "bigquery",
    "google.cloud.bigquery_storage_v1": "bigquerystorage",
    "google.cloud.dataflow_v1beta3": "dataflow",
    "google.cloud.pubsub": "pubsub",
    "google.cloud.pubsub_v1": "pubsub",
    "google.cloud.storage": "storage",
    "google.cloud.secretmanager": "secretmanager",
    "google.pubsub_v1": "pubsub",
}
"""Client libraries, and the service that each calls."""
GROUPS = {
    "artifacts": "artifactregistry",
    "builds": "cloudbuild",
    "compute": "compute",
    "dataflow": "dataflow",
    "iam": "iam",
    "kms": "cloudkms",
    "logging": "logging",
    "monitoring": "monitoring",
    "projects": "cloudresourcemanager",
    "pubsub": "pubsub",
    "run": "run",
    "scheduler": "cloudscheduler",
    "secrets": "secretmanager",
    "services": "",
    "storage": "storage",
}
"""Groups of gcloud's commands, and the service that each calls; that which enables the others is always on."""
GOOGLES = r"google\.(cloud\.|pubsub)|apache_beam\.io\.gcp"
OF_DATAFLOW = {"compute", "logging", "monitoring"}
"""What Dataflow itself uses in the project: machines, logs, metrics."""


def imported() -> set[str]:
    """Return the Google client libraries that the code imports."""
    found = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
            elif isinstance(node, ast.Import):
                modules = [name.name for name in node.names]
            else:
                continue
            found |= {module for module in modules if re.match(GOOGLES, module)}
    return found


def library_of(module: str) -> str | None:
    """Return the client library of a module; the longest name counts."""
    known = [name for name in SERVICES if module == name or module.startswith(f"{name}.")]
    return max(known, key=len, default=None)


class TestServices:
    def enabled(self, whole: FakeCloud) -> set[str]:
        return {name.removesuffix(".googleapis.com") for name in whole.state["services"]}

    def test_every_service_that_is_called_is_enabled_and_no_other(self, whole: FakeCloud) -> None:
        of_clients = {SERVICES[name] for module in imported() if (name := library_of(module))}
        addresses = {
            name for path in CODE for name in re.findall(r"https://([a-z]+)\.googleapis\.com", path.read_text())
        }
        scripts = "".join(path.read_text() for path in sorted((ROOT / "deploy").rglob("*.sh")))
        scripts += (ROOT / "pipeline" / "deployment" / "live_schedules.py").read_text()
        commands = "\n".join(line for line in scripts.splitlines() if not line.lstrip().startswith("#"))
        of_scripts = {GROUPS[group] for group in re.findall(r"\bgcloud (?:beta )?([a-z]+)", commands)} - {""}
        assert {"bigquery", "bigquerystorage", "dataflow", "pubsub", "storage"} <= of_clients
        assert "secretmanager" in addresses
        assert {"cloudbuild", "cloudscheduler", "iam"} <= of_scripts
        # An address that is a scope, not a service.
        needed = of_clients | (addresses - {"www"}) | of_scripts | OF_DATAFLOW
        assert needed == self.enabled(whole)

    def test_every_client_library_is_known_to_this_test(self) -> None:
        modules = imported()
        assert len({library_of(module) for module in modules}) > 4
        assert [module for module in modules if module != "google.cloud" and library_of(module) is None] == []


LISTED = set(re.findall(r"^\| `([a-z0-9-]+|allUsers)` \| `(roles/[a-zA-Z.]+)` \| ([a-z ]+) \|", SECURITY, re.M))
"""(account, role, kind of resource) of the table in docs/security.md."""
KINDS = {
    OURS.project: "project",
    f"gs://{OURS.output_bucket}": "documents",
    f"gs://{OURS.control_bucket}": "control output",
    f"gs://{OURS.work_bucket}": "work bucket",
    OURS.repository: "images",
    OURS.input_subscription: "input subscriptions",
    OURS.upstream_subscription: "input subscriptions",
    OURS.completion_topic: "output topics",
    OURS.dead_letter_topic: "output topics",
    OURS.worker_account: "worker account",
    "projects/my-project/secrets/phase6-live-feed": "secret",
}
OF_ROLE = {
    "roles/bigquery.dataViewer": {"bigquery.tables.get", "bigquery.tables.getData"},
    "roles/bigquery.jobUser": {"bigquery.jobs.create"},
    "roles/bigquery.readSessionUser": {"bigquery.readsessions.create", "bigquery.readsessions.getData"},
    "roles/storage.objectUser": {
        "storage.objects.create",
        "storage.objects.delete",
        "storage.objects.get",
        "storage.objects.list",
    },
    "roles/secretmanager.secretAccessor": {"secretmanager.versions.access"},
    "roles/pubsub.publisher": {"pubsub.topics.publish"},
    "roles/pubsub.subscriber": {"pubsub.subscriptions.consume"},
    "roles/dataflow.developer": {"dataflow.jobs.create", "dataflow.jobs.get"},
}
"""What the code needs of each role, as Google documents it; roles that only Google's services use are not here."""
CALLS = {
    r"BigQueryReadClient\(": "bigquery.readsessions.create",
    r"\.read_rows\(": "bigquery.readsessions.getData",
    r"\.get_table\(": "bigquery.tables.get",
    r"INFORMATION_SCHEMA": "bigquery.jobs.create",
    r"\.list_blobs\(|def list\(": "storage.objects.list",
    r"SECRETS = ": "secretmanager.versions.access",
    r"PublisherClient\(|WriteToPubSub\(": "pubsub.topics.publish",
    r"ReadFromPubSub\(": "pubsub.subscriptions.consume",
    r"\.launch_flex_template\(": "dataflow.jobs.create",
}
"""Calls of the code, and the permission that each needs."""


class TestLeastPrivilege:
    def granted(self, whole: FakeCloud) -> set[tuple[str, str, str]]:
        return {
            (member.partition(":")[2].split("@")[0] or member, role, KINDS[name])
            for name, member, role in whole.state["grants"]
        }

    def test_roles_are_those_that_are_documented(self, whole: FakeCloud) -> None:
        assert self.granted(whole) == LISTED
        assert len(LISTED) > 15

    def test_every_call_of_the_code_is_allowed_to_workers(self, whole: FakeCloud) -> None:
        text = "".join(path.read_text(encoding="utf-8") for path in CODE)
        needed = {permission for call, permission in CALLS.items() if re.search(call, text)}
        roles = {role for account, role, _ in self.granted(whole) if account == "phase6-worker"}
        assert needed == set(CALLS.values())
        assert needed <= set().union(*(OF_ROLE.get(role, set()) for role in roles))

    def test_every_role_that_an_error_names_is_granted(self, whole: FakeCloud) -> None:
        text = "".join(path.read_text(encoding="utf-8") for path in CODE)
        named = set(re.findall(r"roles/[a-zA-Z.]+", text))
        assert {"roles/storage.objectUser", "roles/bigquery.dataViewer"} <= named
        assert named <= {role for account, role, _ in self.granted(whole) if account == "phase6-worker"}
