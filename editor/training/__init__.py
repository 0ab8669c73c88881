"""Training of generators and encoders: resumable loops that yield a record a tick."""
