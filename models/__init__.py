"""WHAT: the tables, the life cycle and the plan specifications. Floor 2."""
