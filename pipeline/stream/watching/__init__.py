"""The watch: what the streaming job does without being asked. It requests what is due and what has changed.

Imports :mod:`pipeline.stream.messages` and what the streaming job may.
"""
