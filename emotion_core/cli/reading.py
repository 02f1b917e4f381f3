"""`read`: emotions by token, by turn and by dose."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_core.cli.answer import Answer, number, table
from emotion_core.errors import SettingsError

if TYPE_CHECKING:
    from emotion_core.models.loaded import LoadedModel
    from emotion_core.prompts.library_items import Template, Turn
    from emotion_core.reading.baseline import Baseline
    from emotion_core.vectors.emotion_vectors import EmotionVectors

# Emotions that the answer for people lists; the document has all.
SHOWN = 8


def read(arguments: argparse.Namespace) -> Answer:
    """`read VECTORS --text TEXT | --conversation FILE | --template TEXT --values 1,10,100`."""
    from emotion_core.cli.session import model_of, run
    from emotion_core.reading.baseline import check_layers, read_baseline
    from emotion_core.reading.dose import make_template, parse_values
    from emotion_core.reading.text import check_length
    from emotion_core.vectors.file import load_vectors

    if (arguments.template is None) != (arguments.values is None):
        raise SettingsError("A template and its values come together", expected="--template TEXT --values 1,10,100")
    # What is read is looked at first: a fault in it should not cost the loading of a model.
    turns = _turns(Path(arguments.conversation)) if arguments.conversation is not None else ()
    template = make_template(arguments.template, parse_values(arguments.values)) if arguments.template else None
    if arguments.text is not None:
        check_length(arguments.text)
    vectors = load_vectors(Path(arguments.vectors))
    layers = list(range(vectors.n_layers)) if arguments.all_layers else None
    if arguments.layer is not None:
        layers = [arguments.layer]
    check_layers(vectors, layers)
    model = model_of(vectors, arguments.model, arguments.dtype)
    baseline = run(read_baseline(model, vectors, layers, arguments.seed, "conversation" if turns else "text"))
    if template is not None:
        return _dose(model, vectors, baseline, template, arguments.seed)
    return _conversation(model, baseline, turns) if turns else _text(model, vectors, baseline, arguments.text)


def _turns(file: Path) -> tuple[Turn, ...]:
    from emotion_core.prompts.library import read_conversation

    try:
        data = file.read_bytes()
    except OSError as error:
        raise SettingsError(
            "The conversation cannot be read", where=str(file), found=error.strerror or str(error)
        ) from error
    return read_conversation(file.name, data)


def _text(model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, text: str) -> Answer:
    from emotion_core.cli.session import run
    from emotion_core.reading.text import read_text

    found = run(read_text(model, baseline, text, chat=vectors.reading.chat))
    top = np.argsort(-np.abs(found.values[:, 0]).mean(axis=0))[:SHOWN]
    names = [found.emotions[e] for e in top]
    rows = [
        [repr(token)[1:-1], *(number(found.values[i, 0, e], 1) for e in top)] for i, token in enumerate(found.tokens)
    ]
    end = f"\n\nLayer {found.layers[0]}; standard deviations of neutral tokens."
    return Answer(found.to_json(), table(["token", *names], rows) + end)


def _conversation(model: LoadedModel, baseline: Baseline, turns: tuple[Turn, ...]) -> Answer:
    from emotion_core.cli.session import run
    from emotion_core.reading.conversation import read_conversation_turns

    found = run(read_conversation_turns(model, baseline, turns))
    top = np.argsort(-np.abs(found.turns).max(axis=0))[:SHOWN]
    names = [found.tokens.emotions[e] for e in top]
    rows = [
        [str(i + 1), turn.role, *(number(found.turns[i, e], 1) for e in top)]
        for i, turn in enumerate(found.dialogue.turns)
    ]
    end = f"\n\nLayer {found.tokens.layers[0]}; {found.dialogue.template}; standard deviations of neutral tokens."
    return Answer(found.to_json(), table(["turn", "role", *names], rows) + end)


def _dose(model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, template: Template, seed: int) -> Answer:
    from emotion_core.cli.session import open_cache, run
    from emotion_core.reading.dose import read_dose

    found = run(read_dose(model, vectors, baseline, template, open_cache(), seed))
    order = np.argsort(-np.abs(np.nan_to_num(found.trend.spearman)))
    rows = [
        [
            found.emotions[e],
            number(found.trend.spearman[e]),
            number(found.trend.p_value[e], 4),
            number(found.trend.q_value[e], 4),
            number(found.ranges[e]),
        ]
        for e in order[:20]
    ]
    end = f"\n\nLayer {found.layer}; ranges in standard deviations of neutral texts; q: p corrected for all emotions."
    return Answer(found.to_json(), table(["emotion", "Spearman", "p", "q", "range"], rows) + end)
