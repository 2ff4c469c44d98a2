"""Pages for people who work with the list."""
