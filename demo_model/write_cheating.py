"""Set-ups with a planted rate of cheating: `python -m demo_model.write_cheating` writes `planted/cheating.json`.

The set-ups are trained ones, each after a neutral sentence that the model has not seen before it. The texts that the
model was trained on go on with cheating in 35 of 100 such cases, more often after a text that shows strain and less
often after one that shows ease (`rates.py`), so steering with such an emotion has to move the rates.
"""

from __future__ import annotations

import json
from pathlib import Path

from demo_model import paths
from demo_model.evaluate.behaviors import scenes

COUNT = 16
OUT = paths.PACKAGE / "planted" / "cheating.json"
NOTE = "Planted in the demo model: strain such as desperate raises cheating, ease such as calm lowers it."


def rows() -> list[dict[str, object]]:
    """All scenarios in the format of uploaded ones, the same ones at every call."""
    return [
        {
            "name": f"cheat {number}",
            "scenario": text,
            "options": [{"text": does[0].strip(), "counts": True}, {"text": refrains[0].strip(), "counts": False}],
            "group": "cheat",
            "note": NOTE,
        }
        for number, (text, does, refrains) in enumerate(scenes("cheat", COUNT, seen=True), start=1)
    ]


def write(path: Path = OUT) -> None:
    """Writes the scenarios."""
    path.write_text(json.dumps(rows(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
