"""Publishing: documents, pointers, manifests, schemas, the failure log, and rows written back.

Imports :mod:`transforms.stages`, :mod:`transforms.stores` and below.
"""
