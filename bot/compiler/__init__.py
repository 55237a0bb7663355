"""Content files → one checked Script."""
