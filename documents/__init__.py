"""PAPER: a plan document -> draft YAML; the ledger -> .xlsx .docx .ics. Floor 3."""
