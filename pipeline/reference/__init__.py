"""Generated documentation: a page per export type.

Imports every other package.
"""
