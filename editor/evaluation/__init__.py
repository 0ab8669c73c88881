"""Measurements of a pack: the paper's comparison of inversion methods, and of a generator's samples."""
