"""How much of a file is read, and the one sentence that says no."""

from __future__ import annotations

MOST_BYTES = 50 * 1024 * 1024  # of the file as it lies on the disk
MOST_TEXT = 5 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024  # of all parts of a .docx or .xlsx together
MOST_PARTS = 5_000
WORST_RATIO = 250  # unpacked to packed, of a part larger than 5 MB
MOST_ROWS = 20_000
MOST_CELLS = 400_000
MOST_COLUMNS = 60
MOST_LINES = 50_000
MOST_CHARACTERS = 5_000_000
MOST_OF_A_CELL = 20_000
MOST_PAGES = 400
MOST_SECONDS = 180  # of processor time, for the process that reads the file
MOST_MEMORY = 2 * 1024**3  # of address space, for the process that reads the file


class Unreadable(ValueError):
    """The file is not read; the message is one sentence for the person who offered it."""
