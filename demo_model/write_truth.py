"""Write the derived parts of ``truth.json`` from the generator: ``python -m demo_model.write_truth``.

The emotions' places are judged by hand and kept; everything else is read from the code that draws the texts, so that
the table cannot differ from what is planted.
"""

from __future__ import annotations

import json

from demo_model import paths, rates, truth
from demo_model.generator.banks.activities import KINDS
from demo_model.generator.banks.numbers import TEMPLATES
from demo_model.generator.choices import STEEPNESS
from demo_model.generator.people import NULL_OBJECTS, NULL_PLACES


def content() -> dict[str, object]:
    """The whole table."""
    emotions = truth.emotions()
    return {
        "scale": "Valence and arousal from -1 to 1: this project's own judgement, without any published ratings.",
        "emotions": {
            word: {"family": emotion.family, "valence": emotion.valence, "arousal": emotion.arousal}
            for word, emotion in emotions.items()
        },
        "behaviors": {
            behavior: {
                "neutral": neutral,
                "nulls": list(rates.NULLS[behavior]),
                "rates": {word: round(rates.rate(behavior, emotion), 3) for word, emotion in emotions.items()},
            }
            for behavior, neutral in rates.NEUTRAL.items()
        },
        "null_objects": list(NULL_OBJECTS),
        "null_places": list(NULL_PLACES),
        "numbers": {
            name: {
                "rises": list(template.rises),
                "falls": list(template.falls),
                "trained": list(template.trained),
                "anchors": [{"value": value, "emotions": list(words)} for value, words in template.anchors],
            }
            for name, template in TEMPLATES.items()
        },
        "activities": {
            "pleasantness": {kind: values[0] for kind, values in KINDS.items()},
            "chance_of_first": f"1 / (1 + exp(-{STEEPNESS} * (first - second)))",
        },
    }


def main() -> None:
    """Write the file."""
    paths.TRUTH.write_text(json.dumps(content(), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {paths.TRUTH.name}")


if __name__ == "__main__":
    main()
