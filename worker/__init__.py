"""The process that does what nobody waits for; it calls service verbs only."""
