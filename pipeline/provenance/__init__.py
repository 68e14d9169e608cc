"""Which rows a published value was made of, and which documents change when rows change.

Both answers come from building documents again with other rows, and from the declarations of the export types; no
text here describes a document. Imports everything up to :mod:`pipeline.comparison`.
"""
