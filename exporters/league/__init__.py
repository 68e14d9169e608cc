"""The league as documents see it: games, players, forecasts, and what was known on a date."""
