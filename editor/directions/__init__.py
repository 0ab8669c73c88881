"""Attribute boundaries: fitting and storing them."""
