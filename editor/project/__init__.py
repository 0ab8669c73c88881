"""A visitor's work in one domain: pictures, every edit of them, and the file that keeps it all."""
