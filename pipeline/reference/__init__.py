"""Generated documentation: a page per export type, and the JSON Schema of a request.

Imports every other package but :mod:`pipeline.commands`.
"""
