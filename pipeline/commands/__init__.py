"""The ``phase6`` command: the list of its subcommands, their help, and their completion in a shell.

Imports nothing slow: a subcommand is imported when it runs, its options when they are shown.
"""
