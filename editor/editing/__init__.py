"""An edit of a picture, and what makes new ones."""
