"""DEEDS: (session, ..., now) -> rows. Nobody here commits or reads a clock. Floor 3."""
