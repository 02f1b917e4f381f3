"""Statistics as plain functions of arrays: separation, its intervals, correlation, multiplicity."""
