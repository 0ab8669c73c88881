"""The only place that reads and writes tensor files and domain packs."""
