"""Whether a direction is real: held-out scores, effect sizes, nulls, rivals."""
