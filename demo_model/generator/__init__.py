"""The story generator: seeded texts with planted emotional causes and effects.

Read ``scenes.py`` first; ``grammar.py`` turns the templates of ``banks/`` into sentences.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from demo_model.documents import Document, join
from demo_model.generator import chat, choices, moments, numbers, pressure, scenes

# Texts of each kind for training, and what draws one.
KINDS = {
    "made-scenes": (60_000, scenes.draw),
    "made-moments": (80_000, moments.draw),
    "made-choices": (60_000, choices.draw),
    "made-numbers": (70_000, numbers.draw),
    "made-pressure": (60_000, pressure.draw),
    "made-chat": (25_000, chat.draw),
}
HELD_OUT = 600
# Kinds whose held-out texts are made of other material than the trained ones.
HELD_OUT_DRAWS = {"made-moments": moments.draw_held_out}


def load(source: str, keep: bool = False, count: int | None = None) -> Iterator[Document]:
    """Texts of one kind. ``keep=True`` gives other texts, never trained on; a text depends on kind and number only."""
    total, draw = KINDS[source]
    draw = HELD_OUT_DRAWS.get(source, draw) if keep else draw
    for number in range(count or (HELD_OUT if keep else total)):
        yield join(draw(random.Random(f"{source} {'held out' if keep else 'train'} {number}")), source)
