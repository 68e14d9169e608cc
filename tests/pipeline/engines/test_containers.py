from __future__ import annotations

from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.engines.containers import given_image, is_container, own_image
from pipeline.version import Build

COMMIT = "0123456789ab"
SETTINGS = "PROJECT=acme\n\n# The image.\nIMAGE=eu.gcr.io/${PROJECT}/export\n"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.env"
    path.write_text(SETTINGS)
    return path


class TestOwnImage:
    def test_that_of_this_process_comes_first(self, settings: Path) -> None:
        assert own_image(Build("1", COMMIT, "cd", "image:1"), settings) == "image:1"

    def test_that_of_a_commit_is_the_one_that_is_built_of_it(self, settings: Path) -> None:
        assert own_image(Build("1", COMMIT, "cd"), settings) == f"eu.gcr.io/acme/export:{COMMIT}"

    @pytest.mark.parametrize("commit", [f"{COMMIT}-89abcdef", "source-89abcdef", ""])
    def test_code_that_differs_from_its_commit_is_in_no_image(self, settings: Path, commit: str) -> None:
        assert own_image(Build("1", commit, "cd"), settings) == ""

    def test_an_installed_package_has_no_settings(self, tmp_path: Path) -> None:
        assert own_image(Build("1", COMMIT, "cd"), tmp_path / "settings.env") == ""

    @pytest.mark.parametrize("text", ["", "IMAGE=\n", "IMAGE=${NOWHERE}/export\n", "IMAGE=a b\n"])
    def test_settings_that_name_no_image(self, settings: Path, text: str) -> None:
        settings.write_text(text)
        assert own_image(Build("1", COMMIT, "cd"), settings) == ""


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ((), (True, "")),
        (("--environment_type=DOCKER",), (True, "")),
        (("--environment_type=beam:env:docker:v1", "--environment_config=a:1"), (True, "a:1")),
        (("--environment_options=docker_container_image=b:2",), (True, "b:2")),
        (("--environment_type=LOOPBACK",), (False, "")),
        (("--environment_type=PROCESS",), (False, "")),
        (("--environment_type=EXTERNAL",), (False, "")),
    ],
)
def test_containers_and_their_image(flags: tuple[str, ...], expected: tuple[bool, str]) -> None:
    options = PipelineOptions(list(flags))
    assert (is_container(options), given_image(options)) == expected
