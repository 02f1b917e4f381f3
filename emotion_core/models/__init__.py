"""Models: catalogue, loading, fingerprint, layer lookup, the owner of a model, and its self-check."""
