"""A domain pack on disk: the one place that reads and writes tensor files."""
