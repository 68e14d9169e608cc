"""The Beam options that every job of this project sets, unless the command line sets them."""

from __future__ import annotations

import copy

from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    PortableOptions,
    SetupOptions,
    WorkerOptions,
)

from pipeline.engines.containers import DOCKER, given_image, is_container, own_image
from pipeline.engines.engine import EMBEDDED, LOOPBACK, Engine, Kind, works_in_this_process
from pipeline.version import Build

APP = "phase6-export"


def job_options(options: PipelineOptions, engine: Engine, build: Build) -> PipelineOptions:
    """Return the options of one job.

    They are a copy: submitting a job writes its name and places into its options, and the next job must not inherit
    them.
    """
    found = copy.deepcopy(options)
    if found.view_as(SetupOptions).save_main_session is None:
        found.view_as(SetupOptions).save_main_session = False
    use_own_image(found, engine, build)
    label_job(found, build)
    return found


def use_own_image(options: PipelineOptions, engine: Engine, build: Build) -> None:
    """Set the workers' environment to the code that submits: this process, or the image that holds it.

    A given environment or image stays. On Dataflow, its default stays outside of an image.
    """
    worker, portable = options.view_as(WorkerOptions), options.view_as(PortableOptions)
    if engine.kind is Kind.DATAFLOW and build.image and worker.sdk_container_image is None:
        worker.sdk_container_image = build.image
    if engine.kind not in (Kind.JOB_SERVER, Kind.PRISM) or not is_container(options):
        return
    if portable.job_endpoint == EMBEDDED and not portable.environment_type:
        portable.environment_type = LOOPBACK
    elif not works_in_this_process(options):
        portable.environment_type = DOCKER
        if not given_image(options):
            portable.environment_config = own_image(build)


def label_job(options: PipelineOptions, build: Build) -> None:
    """Label the job with commit and lock, so that a list of jobs shows their releases.

    Given labels stay.
    """
    cloud = options.view_as(GoogleCloudOptions)
    ours = {"app": APP, "commit": build.commit, "lock": build.lock}
    # Behind those of the template, of which the last of a name counts: this is the code that submits the job.
    cloud.labels = [*(cloud.labels or ()), *(f"{name}={value}" for name, value in ours.items() if value)]
