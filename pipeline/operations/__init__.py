"""The commands of an operator: backfill and verify.

Imports :mod:`pipeline.execution` and below.
"""
