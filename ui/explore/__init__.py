"""Explore emotions, held-out tab: whether a direction is real; and vectors that come from files."""
