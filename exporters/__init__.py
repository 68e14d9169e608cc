"""Every document of the public API as a pure function of one player, one date or one season."""
