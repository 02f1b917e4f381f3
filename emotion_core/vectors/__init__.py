"""Activations in, emotion vectors out, and their file format."""
