"""Settings, the activation cache, and the registry of runs."""
