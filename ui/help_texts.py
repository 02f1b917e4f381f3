"""What the parameters mean that stand in several forms: said once, the same everywhere."""

from __future__ import annotations

CONTROLS = (
    "Directions of the same length that mean nothing and are added instead. They show what any push of this size "
    "does; the grey band is theirs. More of them: a sharper band, and more time. 0: no band, and so no evidence."
)
SAMPLES = "Texts for each prompt, strength and direction. They differ by their random numbers only."
SEED = "Where the random numbers begin. The same seed with the same settings gives the same result."
NEW_TOKENS = "How long a continuation may become, in tokens; a word is one token or a few."
TEMPERATURE = "How freely words are drawn: 1 as the model would, below 1 the likelier ones, above 1 the rarer ones."
CHAT = "Puts the texts into the form in which a chat model was trained to be asked. Needs a model with such a template."
LAYER = "Which block of the model is read and steered. The chosen one was found on training texts alone."
LENGTH_NORMALISED = "Mean instead of sum of an option's token log-probabilities, so that long options lose nothing."
SCOPE = "At which tokens the direction is added: where the model writes, in what it was given, or both."
