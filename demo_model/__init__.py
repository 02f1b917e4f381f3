"""The bundled demo model: a small language model with planted emotional causes, and the code that made it."""
