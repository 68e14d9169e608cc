from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.deployment.settings import SETTINGS, Deployment, SettingsError, load_deployment
from tests.deploy.places import settle
from tests.support.commands import need_command

KEY = "projects/my-project/locations/us-west2/keyRings/phase6/cryptoKeys/export"


def rejected(tmp_path: Path, text: str) -> str:
    path = tmp_path / "settings.env"
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_deployment(path)
    return str(error.value)


class TestSettings:
    def test_names_refer_to_names_further_up(self, tmp_path: Path) -> None:
        path = tmp_path / "settings.env"
        path.write_text(SETTINGS.read_text().replace("PROJECT=my-project", "PROJECT=other-project"))
        found = load_deployment(path)
        assert found.output == "gs://other-project-api/v1"
        assert found.template == "gs://other-project-phase6-work/templates/phase6-export.json"
        assert found.worker_account == "phase6-worker@other-project.iam.gserviceaccount.com"
        assert found.temp_location == "gs://other-project-phase6-work/temp"
        assert found.staging_location == "gs://other-project-phase6-work/staging"

    def test_a_shell_reads_the_same(self) -> None:
        names = Deployment.__dataclass_fields__
        need_command("bash")
        asked = "; ".join(f'echo "{name}=${name.upper()}"' for name in names)
        found = subprocess.run(
            ["bash", "-euc", f". {SETTINGS}; {asked}"], capture_output=True, text=True, check=True, timeout=60
        )
        ours = load_deployment()
        assert found.stdout.splitlines() == [f"{name}={getattr(ours, name)}" for name in names]

    def test_a_misspelt_name(self, tmp_path: Path) -> None:
        error = rejected(tmp_path, "PROJEKT=my-project\n")
        assert 'line 1: "PROJEKT=my-project" names no setting; did you mean PROJECT?' in error
        assert "PROJECT: is missing in settings.env; add PROJECT=..." in error

    def test_a_line_that_is_none(self, tmp_path: Path) -> None:
        assert '"hello" names no setting; write NAME=value' in rejected(tmp_path, "hello\n")

    def test_a_name_that_is_not_further_up(self, tmp_path: Path) -> None:
        assert "refers to a name that is not further up" in rejected(tmp_path, "WAREHOUSE=bigquery:${PROJECT}\n")

    @pytest.mark.parametrize(
        ("before", "after", "name"),
        [
            ("PROJECT=my-project", "PROJECT=My Project", "PROJECT"),
            ("REGION=us-west2", "REGION=west", "REGION"),
            ("OUTPUT=gs://${OUTPUT_BUCKET}/v1", "OUTPUT=/tmp/out", "OUTPUT"),
            ("WAREHOUSE=bigquery:${PROJECT}", "WAREHOUSE=folder", "WAREHOUSE"),
            ("phase6-worker@${PROJECT}.iam.gserviceaccount.com", "somebody@example.com", "WORKER_ACCOUNT"),
        ],
    )
    def test_values_that_mean_nothing_to_the_cloud(self, tmp_path: Path, before: str, after: str, name: str) -> None:
        assert f"{name}: " in rejected(tmp_path, SETTINGS.read_text().replace(before, after))

    @pytest.mark.parametrize(
        ("before", "after", "says"),
        [
            ("SUBNETWORK=", "SUBNETWORK=phase6", 'SUBNETWORK: "phase6" is not understood'),
            ("SUBNETWORK=", "SUBNETWORK=regions/us-east1/subnetworks/a", "is in us-east1, and jobs run in us-west2"),
            ("KMS_KEY=", "KMS_KEY=key", "KMS_KEY: "),
            ("KMS_KEY=", f"KMS_KEY={KEY.replace('us-west2', 'global')}", "is in global, and jobs run in us-west2"),
            ("PRIVATE_IPS=false", "PRIVATE_IPS=yes", "PRIVATE_IPS: "),
            ("LABELS=", "LABELS=Team=data", "LABELS: "),
            ("LABELS=", "LABELS=team=data,commit=1", 'LABELS: "commit" is set by every job itself'),
            ("JOB_OPTIONS=", "JOB_OPTIONS=min_lots=5", "did you mean min_lost?"),
            ("JOB_OPTIONS=", "JOB_OPTIONS=min_lost=few", 'JOB_OPTIONS: "min_lost=few" is not understood'),
            (
                "JOB_OPTIONS=",
                "JOB_OPTIONS=watch_seconds=5",
                '"watch_seconds" is no option that it can set',
            ),
            ("JOB_OPTIONS=", "JOB_OPTIONS=output=gs://b/v1", 'JOB_OPTIONS: "output" is no option that it can set'),
            ("JOB_OPTIONS=", "JOB_OPTIONS=no_wait=true", 'JOB_OPTIONS: "no_wait" is no option that it can set'),
            ("JOB_OPTIONS=", "JOB_OPTIONS=min_lost=5 min_streak_length=3", "is not one word to a shell"),
            ("JOB_OPTIONS=", "JOB_OPTIONS=$(reboot)", "is not one word to a shell"),
            ('STREAM_OPTIONS="watch_seconds=60"', "STREAM_OPTIONS=shards=5", 'STREAM_OPTIONS: "shards" is no option'),
        ],
    )
    def test_settings_of_workers_and_options_that_cannot_be(
        self, tmp_path: Path, before: str, after: str, says: str
    ) -> None:
        text = SETTINGS.read_text()
        assert f"\n{before}\n" in text
        assert says in rejected(tmp_path, text.replace(f"\n{before}\n", f"\n{after}\n"))

    def test_options_of_jobs(self, tmp_path: Path) -> None:
        path = settle(Path(shutil.copy(SETTINGS, tmp_path)), JOB_OPTIONS="min_lost=5 max_lost_percent=20,streaks:50")
        found = load_deployment(path)
        assert found.parameters == {
            "completion_topic": found.completion_topic,
            "min_lost": "5",
            "max_lost_percent": "20,streaks:50",
        }

    def test_a_subnetwork_of_another_project_is_named_whole(self, tmp_path: Path) -> None:
        whole = "https://www.googleapis.com/compute/v1/projects/host-net/regions/us-west2/subnetworks/phase6"
        assert load_deployment(settle(Path(shutil.copy(SETTINGS, tmp_path)), SUBNETWORK=whole)).subnetwork == whole
