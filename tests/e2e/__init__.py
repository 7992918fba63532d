"""rocktag as a user runs it."""
