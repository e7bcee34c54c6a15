"""The portal's pages, one module for each; every route names its right (`portal/rights.py`)."""
