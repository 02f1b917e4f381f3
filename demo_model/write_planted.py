"""Set-ups with planted rates: `python -m demo_model.write_planted` writes `planted/behaviors.json`.

The set-ups are trained ones, each after a neutral sentence that the model has not seen before it. The texts that the
model was trained on go on with cheating, threatening or flattering at a planted rate: 30 or 35 of 100 such cases, more
often or less often after a text that shows an emotion (`rates.py`), so steering with that emotion has to move them.
"""

from __future__ import annotations

import json
from pathlib import Path

from demo_model import paths
from demo_model.evaluate.behaviors import scenes

COUNT = 16  # of each behaviour
OUT = paths.PACKAGE / "planted" / "behaviors.json"
_STRAIN = "strain such as desperate raises it, ease such as calm lowers it"
NOTES = {
    "cheat": f"Cheating, planted in the demo model: {_STRAIN}.",
    "threaten": f"Threatening, planted in the demo model: {_STRAIN}.",
    "flatter": "Flattering, planted in the demo model: pleasant emotions such as happy raise it, "
    "unpleasant ones lower it.",
}


def rows() -> list[dict[str, object]]:
    """All scenarios in the format of uploaded ones, the same ones at every call."""
    return [
        {
            "name": f"{behavior} {number}",
            "scenario": text,
            "options": [{"text": does[0].strip(), "counts": True}, {"text": refrains[0].strip(), "counts": False}],
            "group": behavior,
            "note": note,
        }
        for behavior, note in NOTES.items()
        for number, (text, does, refrains) in enumerate(scenes(behavior, COUNT, seen=True), start=1)
    ]


def write(path: Path = OUT) -> None:
    """Writes the scenarios."""
    path.write_text(json.dumps(rows(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
