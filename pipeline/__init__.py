"""What is run: requests, options, planning, engines, the streaming job, operations, deployment and the command line.

Packages import in this order only: requests, options, reporting, planning, execution, deployment, stream, operations,
reference, commands. All may import :mod:`transforms` and :mod:`exporters`.
"""
