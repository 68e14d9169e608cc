"""Carrying out a command line: plan, preflight, run, outcome; as a graph on an engine, or in this process without Beam.

Imports :mod:`pipeline.engines` and below.
"""
