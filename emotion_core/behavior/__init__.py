"""Preferences and behaviours under steering."""
