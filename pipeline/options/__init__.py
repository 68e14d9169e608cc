"""Options of the command line, the templates and the streaming job: models, parsing, configuration.

An option is a field of a model: of ``option_table`` and ``stream_options`` for jobs, of ``command_options`` beside the
code of other commands. Imports :mod:`pipeline.requests`.
"""
