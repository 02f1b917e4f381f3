"""Which emotions a short text reads highest and lowest on, as a whole."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion_core.reading.intervals import mean_interval
from emotion_core.reading.text import TokenReading


def ranking(reading: TokenReading, high: int = 5, low: int = 3) -> pd.DataFrame:
    """The emotions at both ends of the mean over a text's tokens, the highest first.

    The first token, on which models park attention whatever it says, and tokens of the template are left out.

    Args:
        reading: Of the text.
        high: Emotions at the upper end.
        low: Emotions at the lower end.

    Returns:
        Columns `emotion`, `mean`, `low`, `high`: standard deviations of neutral tokens, with a 95 % interval over the
        tokens (Student's t; nan with fewer than two).
    """
    counted = np.array(reading.content, dtype=bool)
    counted[0] &= counted.sum() < 2
    values = reading.single.values[counted, 0].astype(np.float64)  # (tokens, emotions)
    order = np.argsort(-values.mean(axis=0), kind="stable")
    chosen = list(dict.fromkeys([*order[:high].tolist(), *order[len(order) - low :].tolist()]))
    mean, lower, upper = mean_interval(values[:, chosen])
    names = [reading.emotions[e] for e in chosen]
    return pd.DataFrame({"emotion": names, "mean": mean, "low": lower, "high": upper})
