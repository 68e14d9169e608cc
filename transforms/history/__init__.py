"""Earlier versions of documents: kept in the private place when they are replaced, and found again by what runs say.

Imports the elements, the clients and the stores.
"""
