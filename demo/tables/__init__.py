"""The tables of the demo warehouse, made from what the league played and the models said."""
