"""What a strong engineer would write instead: Polars, threads, four export types, and nothing that guards a site.

It shares no code with the pipeline, so that it can be fast in its own way; a test holds it to the same bytes.
"""
