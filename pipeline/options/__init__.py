"""Options of the command line, the templates and the streaming job: models, parsing, help.

Imports :mod:`pipeline.requests`.
"""
