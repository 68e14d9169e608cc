"""What a run published: the table, the JSON summary, progress, exit codes, and the completion event.

Files that commands generate are written here, too. Imports :mod:`pipeline.options` and below.
"""
