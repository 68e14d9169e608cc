"""What earlier runs have left: kept versions of documents, and dates whose documents a run would make again.

Versions are kept in the private place when they are replaced, and found again by what runs say. Imports the elements,
the clients and the stores.
"""
