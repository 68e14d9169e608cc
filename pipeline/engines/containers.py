"""Workers in containers: the image that they start from, and the places that they do not see."""

from __future__ import annotations

import re
from pathlib import Path

from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.portability import common_urns

from pipeline.options.command_line import given_in
from pipeline.options.flags import split_texts
from pipeline.options.option_table import OPTIONS
from pipeline.options.settings_file import read_lines
from pipeline.requests.problems import Problem
from pipeline.version import ROOT, Build

DOCKER = "DOCKER"
"""The environment whose workers are containers, which is Beam's default."""
SETTINGS = ROOT / "deploy" / "settings.env"
"""Names the image, without its tag."""
_COMMIT = r"[0-9a-f]{12}"
"""The commit of a checkout that does not differ from it; images are tagged with it."""


def own_image(build: Build, settings: Path = SETTINGS) -> str:
    """Return the image that holds the running code; empty when there is none.

    That is the image that this process runs in. In a checkout it is the one that ``make template`` builds of the
    commit, unless the code differs from the commit.

    Args:
        build: The running code.
        settings: The settings of the deployment, which an installed package lacks.
    """
    if build.image or not re.fullmatch(_COMMIT, build.commit) or not settings.is_file():
        return build.image
    values: dict[str, str] = {}
    if any(read_lines(settings, values)) or not values.get("IMAGE"):
        return ""
    return f"{values['IMAGE']}:{build.commit}"


def is_container(options: PipelineOptions) -> bool:
    """Whether the environment is a container; Beam's default counts as one."""
    given = options.view_as(PortableOptions).environment_type
    return not given or str(given) in (common_urns.environments.DOCKER.urn, DOCKER)


def given_image(options: PipelineOptions) -> str:
    """Return the image that the options name; empty for Beam's stock image."""
    portable = options.view_as(PortableOptions)
    found = portable.environment_config or portable.lookup_environment_option("docker_container_image")
    return str(found or "")


def unseen_places(options: PipelineOptions) -> list[Problem]:
    """Return what is wrong with the places of a job that a container does not see: those of this machine."""
    texts, _ = split_texts(OPTIONS, given_in(options).texts)
    remote = [option for option in OPTIONS if option.remote_pattern is not None and texts.get(option.name)]
    return [
        Problem(
            option.flag,
            option.shown(texts[option.name]),
            "is on this machine, and a worker in a container does not see it",
            f"write it like {option.shown_example}, or start the workers here with --environment_type=LOOPBACK",
        )
        for option in remote
        if not re.fullmatch(option.remote_regex, texts[option.name])
    ]
