"""Behave: preferences and behaviours, read and steered."""
