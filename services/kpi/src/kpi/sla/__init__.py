"""Service levels: what was promised for a case, and what became of it. Pure: no IO, no clock."""
