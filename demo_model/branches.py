"""Where a text could have gone another way: the tokens at which its ways part, and the planted chances there.

Sampled outcomes teach a planted rate slowly: each text is one draw, and the draw is one token among a hundred. Here the
loss at that token is the cross-entropy against the planted chances themselves, whose gradient has the same mean
without the noise of the draw (a soft target; Hinton, Vinyals and Dean 2015).
"""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

WEIGHT = 20  # of such a token in the loss: there are one to four of them in a row of 256


def rivals(
    tokens: list[int], ways: list[tuple[list[int], float]], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """One rival token and the chance of the token that stands there, at each place of a text.

    The chance of a token is that of the ways that go on with it, among the ways that agree with the text so far. Of
    several rivals one is drawn by its chance, so that the expected loss is that over all of them.

    Args:
        tokens: the text.
        ways: tokens and chance of each text that it could have been, itself included.
        seed: of the draws.

    Returns:
        int64 and float64 ``[len(tokens)]``; the token itself and 1 where no ways part.

    >>> rival, chance = rivals([5, 7, 1], [([5, 7, 1], 0.1), ([5, 7, 2], 0.2), ([5, 8], 0.7)], seed=0)
    >>> rival.tolist(), chance.round(2).tolist()
    ([5, 8, 2], [1.0, 0.3, 0.33])
    """
    rival, chance = np.array(tokens), np.ones(len(tokens))
    agreeing, rng = [way for way in ways if way[1] > 0], random.Random(seed)
    for place, token in enumerate(tokens):
        if len(agreeing) < 2:
            break
        following = [(way[place] if place < len(way) else -1, share) for way, share in agreeing]
        others = [(other, share) for other, share in following if other not in (token, -1)]
        if others:
            here = sum(share for other, share in following if other == token)
            chance[place] = here / (here + sum(share for _, share in others))
            rival[place] = rng.choices([other for other, _ in others], [share for _, share in others])[0]
            agreeing = [way for way in agreeing if place < len(way[0]) and way[0][place] == token]
    return rival, chance
