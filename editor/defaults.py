"""What the package says of itself without loading anything."""

from __future__ import annotations

VERSION = "0.1.0"
DEFAULT_DOMAIN = "faces128"
UNSAID = "as published; see the publisher"  # licence of a converted pack that nobody words
