"""Steering sweeps: plan, same-noise sampling, controls, coherence, usable window."""
