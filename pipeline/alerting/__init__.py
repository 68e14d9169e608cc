"""Alerts: incidents and their messages, log lines, metrics, and the call for what upstream has not delivered.

A module may import :mod:`pipeline.reporting`, :mod:`pipeline.options` and what is below them. Whoever runs or verifies
something imports it only where one of its options is given.
"""
