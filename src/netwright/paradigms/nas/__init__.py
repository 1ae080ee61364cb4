"""Architecture search: what only it needs."""
