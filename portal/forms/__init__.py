"""What a visitor's form said, read field by field: a field nobody asked for is nowhere."""
