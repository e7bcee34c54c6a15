"""ENTRANCE 1: Prefect. The only importer of prefect. Floor 5."""
