"""From a photo to the square that a domain knows."""
