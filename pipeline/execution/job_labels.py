"""Jobs of a service are labelled with the code that they run, so that a list of them tells a release from another."""

from __future__ import annotations

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from pipeline.version import Build

APP = "phase6-export"


def label_job(options: PipelineOptions, build: Build) -> None:
    """Have Dataflow label the job with commit and lock; labels that were asked for stay."""
    cloud = options.view_as(GoogleCloudOptions)
    ours = {"app": APP, "commit": build.commit, "lock": build.lock}
    # Behind those of the template, of which the last of a name counts: this is the code that submits the job.
    cloud.labels = [*(cloud.labels or ()), *(f"{name}={value}" for name, value in ours.items() if value)]
