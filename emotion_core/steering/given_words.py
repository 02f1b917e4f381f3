"""Words that were given beforehand: how much a direction changes their probability as the next word of a reply.

A direction's own lens tokens are found with the direction, so that it raises them is no news. These words are not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import logsumexp

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.options import Asked, score_options

Array = npt.NDArray[np.float64]


def word_changes(
    model: LoadedModel,
    begun: Sequence[tuple[tuple[int, ...], int]],
    words: Sequence[Sequence[int]],
    layer: int,
    directions: FloatArray,
    amount: float,
) -> Job[Array]:
    """Change of the log of the summed probability of each word's forms, in nats, as a job.

    The direction is added from the last token of the header to the end of the reply that was begun.

    Args:
        model: The model.
        begun: Tokens of each prompt with the reply that was begun, and the place of the header's last one.
        words: For each word the first token of each of its forms.
        layer: Steered layer.
        directions: float32 [directions, width], unit length.
        amount: Length that is added, in the units of the residual stream.

    Returns:
        float64 [prompts, directions, words].
    """
    tokens = list(dict.fromkeys(token for forms in words for token in forms))
    options = tuple((token,) for token in tokens)
    asked = []
    for ids, header in begun:
        span = ((header, len(ids)),)
        asked.append(Asked(ids, options, shared=header))
        asked += [
            Asked(ids, options, shared=header, direction=d, amount=amount, spans=span) for d in range(len(directions))
        ]
    scores = yield from score_options(model, asked, layer, directions)
    table = np.stack(scores).reshape(len(begun), 1 + len(directions), len(tokens))
    columns = [[tokens.index(token) for token in dict.fromkeys(forms)] for forms in words]
    logs = np.stack([logsumexp(table[:, :, own], axis=2) for own in columns], axis=2)
    result: Array = logs[:, 1:] - logs[:, :1]
    return result


def first_tokens(model: LoadedModel, words: Sequence[str]) -> torch.Tensor:
    """First token of each word inside a sentence, int64 [words]."""
    ids = [model.tokenizer(f" {word}", add_special_tokens=False)["input_ids"] for word in words]
    blank = model.tokenizer(" ", add_special_tokens=False)["input_ids"]
    # Some tokenizers spell the blank as a token of its own, which says nothing about the word.
    firsts = [one[1] if len(one) > 1 and one[:1] == blank else one[0] for one in ids]
    return torch.tensor(firsts)
