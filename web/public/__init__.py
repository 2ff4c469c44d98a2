"""Pages for everybody: unsubscribe links, the opposition page."""
