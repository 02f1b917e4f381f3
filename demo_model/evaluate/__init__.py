"""Measures the bundled model against the bars of its specification, with nothing but transformers and hooks."""
