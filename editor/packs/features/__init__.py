"""Frozen networks whose features are compared: VGG, LPIPS, Inception, SqueezeNet."""
