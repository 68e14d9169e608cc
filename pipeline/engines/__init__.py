"""The engines that carry out a graph: which one is named, submission, following its job, and why it ended.

Imports :mod:`pipeline.planning` and below.
"""
