"""Cost per document and peak memory, as history, dates and players grow."""
