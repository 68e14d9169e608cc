"""The streaming job: answers the requests of a Pub/Sub subscription, and keeps live games and results current.

Imports :mod:`pipeline.deployment` and below.
"""
