"""Emotions of a text by token, by turn and by dose."""
