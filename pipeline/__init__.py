"""What is run: requests, options, planning, engines, the streaming job, operations and deployment.

Packages import in this order only: requests, options, reporting, planning, execution, deployment, stream, operations,
reference. All may import :mod:`transforms` and :mod:`exporters`.
"""
