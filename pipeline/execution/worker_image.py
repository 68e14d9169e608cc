"""Workers run the image that their job was submitted from, so that the two never run different code."""

from __future__ import annotations

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions, WorkerOptions

from pipeline.version import Build


def use_own_image(options: PipelineOptions, build: Build) -> None:
    """Have Dataflow's workers use the image that this process runs in; nothing happens outside of one.

    An image that was asked for stays.
    """
    worker = options.view_as(WorkerOptions)
    is_dataflow = "dataflow" in str(options.view_as(StandardOptions).runner).lower()
    if is_dataflow and build.image and worker.sdk_container_image is None:
        worker.sdk_container_image = build.image
