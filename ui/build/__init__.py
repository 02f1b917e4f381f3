"""Build vectors: where the texts come from, how they are read, and what came out."""
