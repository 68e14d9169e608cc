"""Where and how the pipeline is deployed: settings, launches, schedules, drift, template metadata.

Imports :mod:`pipeline.execution` and below.
"""
