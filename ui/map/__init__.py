"""Explore emotions, map tab: how the emotions lie next to each other."""
