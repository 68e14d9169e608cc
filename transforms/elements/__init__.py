"""The values that travel between steps: plan, table scans and batches, documents, publications, failures.

Imports :mod:`exporters` only.
"""
