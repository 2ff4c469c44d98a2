"""Inputs that nobody would send on purpose, and some that somebody would: none may raise, none may be believed."""
