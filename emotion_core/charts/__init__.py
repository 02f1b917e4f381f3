"""A result in, an Altair chart out."""
