"""What we call: they implement suppression/ports.py."""
