"""Export types about subsets of picks, and the book from which all of them are built.

Contract: subsets-and-signals. Imports :mod:`exporters.league` and below, and no other group of export types.
"""
