"""Changing codes: moving along boundaries."""
