"""What a run published: the table, the JSON summary, and the completion event.

Imports :mod:`pipeline.options` and below.
"""
