"""What a run published: the table, the JSON summary, progress, exit codes, and the completion event.

Imports :mod:`pipeline.options` and below.
"""
