"""Whether a published tree is what it should be, from its bytes and the declarations of its export types.

Nothing is believed because a manifest or the metadata of an object says so: documents are read, hashed, held against
their schema, and compared with one another. Imports everything below :mod:`pipeline.deployment`.
"""
