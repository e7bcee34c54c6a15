"""A plan document -> a plan YAML to review: readers of the formats, recognisers of the shapes, writer of the draft."""
