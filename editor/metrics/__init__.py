"""Measurements: reconstruction errors, attribute predictors and the features they stand on."""
