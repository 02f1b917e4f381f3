"""The store and the registry of runs, and what a hosted app needs around them."""
