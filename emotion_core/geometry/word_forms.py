"""Which adjective stands for which noun, where ratings and clusters list one and a prompt set uses the other.

`emotions-12` says "fear" where the 171 words have "afraid". The table is written by hand, word by word, and nothing is
guessed from endings: a word that is not in it has no other form. Whoever uses a form says so (`Norms.borrowed`).
"""

from __future__ import annotations

from collections.abc import Container, Sequence

# Noun -> the adjective of the same state among the 171 words. A noun without one there (trust, interest) is left out.
ADJECTIVE_OF = {
    "amusement": "amused",
    "anger": "angry",
    "annoyance": "annoyed",
    "anxiety": "anxious",
    "awe": "awestruck",
    "bitterness": "bitter",
    "bliss": "blissful",
    "boredom": "bored",
    "calmness": "calm",
    "cheerfulness": "cheerful",
    "compassion": "compassionate",
    "contempt": "contemptuous",
    "contentment": "content",
    "defiance": "defiant",
    "delight": "delighted",
    "depression": "depressed",
    "desperation": "desperate",
    "disgust": "disgusted",
    "ecstasy": "ecstatic",
    "embarrassment": "embarrassed",
    "empathy": "empathetic",
    "enthusiasm": "enthusiastic",
    "envy": "envious",
    "euphoria": "euphoric",
    "excitement": "excited",
    "fear": "afraid",
    "frustration": "frustrated",
    "fury": "furious",
    "gloom": "gloomy",
    "gratitude": "grateful",
    "greed": "greedy",
    "grief": "grief-stricken",
    "guilt": "guilty",
    "happiness": "happy",
    "hatred": "hateful",
    "horror": "horrified",
    "hostility": "hostile",
    "humiliation": "humiliated",
    "hysteria": "hysterical",
    "impatience": "impatient",
    "indifference": "indifferent",
    "indignation": "indignant",
    "irritation": "irritated",
    "jealousy": "jealous",
    "joy": "joyful",
    "kindness": "kind",
    "loneliness": "lonely",
    "love": "loving",
    "misery": "miserable",
    "nervousness": "nervous",
    "nostalgia": "nostalgic",
    "optimism": "optimistic",
    "outrage": "outraged",
    "panic": "panicked",
    "patience": "patient",
    "peace": "peaceful",
    "pleasure": "pleased",
    "pride": "proud",
    "regret": "regretful",
    "relaxation": "relaxed",
    "relief": "relieved",
    "remorse": "remorseful",
    "resentment": "resentful",
    "resignation": "resigned",
    "sadness": "sad",
    "satisfaction": "satisfied",
    "serenity": "serene",
    "shame": "ashamed",
    "shock": "shocked",
    "sympathy": "sympathetic",
    "stress": "stressed",
    "surprise": "surprised",
    "suspicion": "suspicious",
    "tension": "tense",
    "terror": "terrified",
    "triumph": "triumphant",
    "unhappiness": "unhappy",
    "vulnerability": "vulnerable",
    "weariness": "weary",
    "worry": "worried",
}
_NOUN_OF = {adjective: noun for noun, adjective in ADJECTIVE_OF.items()}


def known_form(emotion: str, words: Container[str]) -> str | None:
    """The word under which an emotion is listed: itself, else its adjective, else its noun.

    Args:
        emotion: Name of an emotion, in any case.
        words: The listed words, in lower case.

    Returns:
        The listed word; None where neither form is listed.

    Example:
        >>> known_form("Fear", {"afraid", "calm"})
        'afraid'
    """
    own = emotion.strip().lower()
    for form in (own, ADJECTIVE_OF.get(own), _NOUN_OF.get(own)):
        if form is not None and form in words:
            return form
    return None


def borrowed_forms(emotions: Sequence[str], words: Container[str]) -> tuple[tuple[str, str], ...]:
    """The emotions that are listed under another form only, each with that form."""
    found = ((emotion, known_form(emotion, words)) for emotion in emotions)
    return tuple((emotion, form) for emotion, form in found if form is not None and form != emotion.strip().lower())
