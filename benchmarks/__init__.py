"""What the engine costs, measured against a plain loop over the same functions."""
