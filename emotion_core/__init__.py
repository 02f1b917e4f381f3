"""Find emotion directions in language models, test whether they are real, map them and steer with them."""

__version__ = "0.2.0"
