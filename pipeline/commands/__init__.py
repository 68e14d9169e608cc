"""The ``phase6`` command: the list of its subcommands, their help, and their completion in a shell.

Imports nothing that takes long; a subcommand is imported when it is run, its options when they are shown.
"""
