"""Labelled sets of images: folders, zips, and the labels that people have."""
