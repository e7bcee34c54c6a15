"""VOICE: notices -> letters -> Apprise. The only importer of apprise. Floor 3."""
