from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pipeline.deployment.settings import SETTINGS, Deployment, SettingsError, load_deployment
from tests.support.commands import need_command


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
