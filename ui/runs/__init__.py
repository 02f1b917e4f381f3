"""Runs: the shelf of everything computed, and runs pinned over each other."""
