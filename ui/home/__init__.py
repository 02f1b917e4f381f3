"""The first page: what was found, a sentence of one's own, a slider, and the ways on."""
