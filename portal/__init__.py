"""ENTRANCE 2: web pages. Floor 5."""
