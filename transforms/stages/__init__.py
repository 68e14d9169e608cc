"""The player, date and season stages: from routed batches to documents, in Beam and in process.

Imports :mod:`transforms.reading` and below.
"""
