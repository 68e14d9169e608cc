"""What an operator runs: backfill and verify.

Imports :mod:`pipeline.execution` and below.
"""
