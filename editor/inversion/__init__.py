"""In-domain inversion: one objective, one loop."""
