"""Pictures and films as files: any photo in, upright RGB; contact sheets, GIF, WebP, MP4 out."""
