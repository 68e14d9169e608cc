"""Clients of services: one per process, one retry policy, concurrency, throttling.

Imports :mod:`transforms.elements`.
"""
