"""The options of the commands that deploy. Imports no Beam, so that help answers at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.deployment.settings import DEPLOY, MACHINE_TYPE, MAX_WORKERS, SCHEDULES, SETTINGS
from pipeline.options.locations import FilePath
from pipeline.options.option import Group, Option, options_of
from pipeline.options.option_table import CLIENT_OPTIONS, EXPORT_OPTIONS
from pipeline.requests.field import STRICT, Described, whole

COMMIT_PATTERN = r"[0-9a-f]{12}"
FROM_SETTINGS = ("warehouse", "output", "completion_topic")
"""Options of a job whose values come from the settings of the deployment."""

_Settings = Annotated[
    FilePath,
    Described(
        "Settings of the deployment.",
        example="deploy/settings.env",
        default_help="deploy/settings.env",
        metavar="FILE",
    ),
]
_Schedules = Annotated[
    FilePath,
    Described("The schedules.", example="deploy/schedules.yaml", default_help="deploy/schedules.yaml", metavar="FILE"),
]


def _json(help_text: str) -> Described:
    return Described(help_text, example="true")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class LaunchOptions:
    """How to start the Flex Template."""

    wait: Annotated[
        bool,
        Described("Wait until the job is over, show its messages, and report what it published.", example="true"),
    ] = False
    print: Annotated[bool, Described("Print the launch, and send nothing.", example="true")] = False
    job_name: Annotated[
        str,
        Described(
            "Name of the job; Dataflow starts no second job of a name while one is running.",
            example="phase6-by-hand",
            default_help="phase6- and the time",
            metavar="NAME",
        ),
    ] = ""
    max_workers: Annotated[
        int, Field(ge=1, le=1000), Described("Largest number of workers.", example="8", metavar="N")
    ] = MAX_WORKERS
    machine_type: Annotated[
        str, whole("[a-z0-9-]+"), Described("Machine type of each worker.", example="n2-standard-4", metavar="TYPE")
    ] = MACHINE_TYPE
    settings: _Settings = SETTINGS
    endpoint: Annotated[
        str,
        Described(
            "Address of the Dataflow API.",
            example="http://localhost:8080",
            default_help="Google's",
            metavar="URL",
        ),
    ] = ""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ScheduleOptions:
    """The schedule file, and the deployment."""

    file: _Schedules = SCHEDULES
    settings: _Settings = SETTINGS


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DoorOptions(ScheduleOptions):
    """The schedules through the door that each has, or all through one."""

    door: Annotated[
        Literal["job"] | None,
        Described(
            "Start a batch job for every entry: for as long as no streaming job runs.",
            example="job",
            default_help="that of each entry",
            metavar="job",
            reason="is no door for every entry",
            fix="write --door=job, or leave it out",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RenderOptions(DoorOptions):
    """How to print the scheduled jobs."""

    json: Annotated[bool, _json("Print the jobs as the Cloud Scheduler API writes them.")] = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CheckOptions(DoorOptions):
    """What the schedules are compared with."""

    live: Annotated[
        FilePath | None,
        Described("Output of gcloud scheduler jobs list --format=json.", example="dump.json", metavar="FILE"),
    ] = None
    json: Annotated[bool, _json("Report the problems as JSON, for programs.")] = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class CostOptions:
    """The schedules whose costs are printed."""

    file: _Schedules = SCHEDULES
    json: Annotated[bool, _json("Print the costs as JSON, for programs.")] = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DriftOptions:
    """What the checkout is compared with."""

    streaming: Annotated[bool, Described("Compare the streaming template.", example="true")] = False
    job: Annotated[
        FilePath | None,
        Described("Output of gcloud dataflow jobs describe --full --format=json.", "job.json", metavar="FILE"),
    ] = None
    template: Annotated[
        str,
        Described(
            "The template.",
            example="gs://my-bucket/templates/phase6-export.json",
            default_help="that of the settings",
            metavar="gs://BUCKET/NAME|FILE",
        ),
    ] = ""
    output: Annotated[
        str,
        Described(
            "Place of the documents.",
            example="gs://my-bucket/v1",
            default_help="that of the settings",
            metavar="PATH|gs://BUCKET/PREFIX",
        ),
    ] = ""
    settings: _Settings = SETTINGS
    json: Annotated[bool, _json("Report what was found as JSON, for programs.")] = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MetadataOptions:
    """Where to write the metadata of the Flex Templates."""

    output: Annotated[FilePath, Described("The folder.", example="deploy", default_help="deploy", metavar="FOLDER")] = (
        DEPLOY
    )
    json: Annotated[bool, _json("Report what was written as JSON, for programs.")] = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StampOptions:
    """The code version of an image."""

    commit: Annotated[
        str,
        Described(
            "The first 12 characters of the commit.", example="41f8e42d1c3a", metavar="COMMIT", pattern=COMMIT_PATTERN
        ),
    ]
    image: Annotated[
        str,
        Described(
            "The image, with its tag.",
            example="us-west2-docker.pkg.dev/my-project/phase6/export:41f8e42d1c3a",
            metavar="IMAGE",
        ),
    ]
    json: Annotated[bool, _json("Report what was written as JSON, for programs.")] = False


def _of_launch(option: Option) -> Option:
    if option.name not in FROM_SETTINGS:
        return option
    return replace(option, required=False, default_help="that of the settings")


LAUNCH_OPTIONS = (
    *options_of(LaunchOptions, Group.COMMAND),
    *(_of_launch(option) for option in EXPORT_OPTIONS if option not in CLIENT_OPTIONS),
)
"""The options of ``phase6 launch``."""

RENDER_OPTIONS = options_of(RenderOptions, Group.COMMAND)
"""The options of ``phase6 schedules render``."""

CHECK_OPTIONS = options_of(CheckOptions, Group.COMMAND)
"""The options of ``phase6 schedules check``."""

COST_OPTIONS = options_of(CostOptions, Group.COMMAND)
"""The options of ``phase6 schedules costs``."""

DRIFT_OPTIONS = options_of(DriftOptions, Group.COMMAND)
"""The options of ``phase6 drift``."""

METADATA_OPTIONS = options_of(MetadataOptions, Group.COMMAND)
"""The options of ``phase6 metadata``."""

STAMP_OPTIONS = options_of(StampOptions, Group.COMMAND)
"""The options of ``phase6 stamp``."""
