"""Foreign formats, read inertly and written as packs."""
