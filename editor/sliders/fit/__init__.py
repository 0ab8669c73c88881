"""Fitting the sliders of a domain: score samples, separate, balance, calibrate."""
