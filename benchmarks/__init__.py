"""FIGURES: what Dondoc costs, each measured beside a baseline in the same run. `make bench` runs them."""
