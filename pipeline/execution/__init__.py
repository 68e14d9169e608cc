"""Running a plan: engine, options, submission, waiting, outcome, and the run in one process.

Imports :mod:`pipeline.planning` and below.
"""
