"""The colours of all charts. Chosen to be told apart by colour-blind people and to read on light and dark grounds."""

from __future__ import annotations

# Readings and effects diverge around 0, from cool to warm.
WARM = "#c8503f"
COOL = "#3b7cb5"

# The two sides of a prompt set.
POSITIVE = "#d9822b"
NEGATIVE = "#3b7cb5"

# Null bands and control directions are this grey everywhere, and nothing else is.
NULL = "#8b8f96"
NULL_OPACITY = 0.28

# The chosen layer, the chosen emotion.
CHOSEN = "#8a6fc0"

# The usable window.
USABLE = "#3a9a78"

# Selected emotions, at most eight, in this order.
CATEGORICAL = ("#3b7cb5", "#d9822b", "#3a9a78", "#b9577f", "#8a6fc0", "#a8873a", "#5b8a99", "#c8503f")
