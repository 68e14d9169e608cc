"""From a request to a plan, the plan of a backfill, and the graph of a run.

Imports :mod:`pipeline.reporting` and below.
"""
