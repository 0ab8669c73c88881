"""Times and memory of the editor: each figure from fresh processes, with its repeats."""
