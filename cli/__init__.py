"""ENTRANCE 3: the dondoc command. Floor 5."""
