"""Steer: sweeps, next token, cross-talk and live texts."""
