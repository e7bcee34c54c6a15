"""WIRING: what an admin writes, its loader, settings, clock, bootstrap. Floor 4."""
