"""The rows of a sweep: which text is generated with which direction, strength and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.steering.settings import SweepSettings
from emotion_core.tracing.activations import FloatArray
from emotion_core.tracing.decode import ROW_MULTIPLE

# Unsteered texts a prompt that the emotion scores are standardised by and the coherence limits come from. Fewer give
# a standard deviation too rough to divide by; they cost little beside the rows of the controls.
BASELINE_TEXTS = 16

# Keys and values of the rows that decode together.
CACHE_BYTES = 2**29


@dataclass(frozen=True)
class PlannedRow:
    """One text to generate.

    Attributes:
        prompt: Index of the prompt.
        sample: Number of the noise stream.
        direction: Which of the steered directions; 0 is the emotion of a sweep.
        strength: In the units of the settings.
        reported: False for the extra unsteered texts that only serve as baseline.
        greedy: Takes the most probable token instead of sampling.
        in_words: The prompt-only rival: the emotion is asked for in words, and nothing is steered.
    """

    prompt: int
    sample: int
    direction: int
    strength: float
    reported: bool = True
    greedy: bool = False
    in_words: bool = False

    @property
    def condition(self) -> tuple[int, float]:
        """What is steered; rows of one condition share a steered prompt."""
        return (self.direction if self.strength else 0, self.strength)

    @property
    def unsteered(self) -> bool:
        """Whether the text is written as the model writes by itself."""
        return self.strength == 0 and not self.in_words


def plan_rows(settings: SweepSettings, prompt: int) -> list[PlannedRow]:
    """All rows of one prompt; strength 0 appears once a sample, under the emotion.

    Unsteered texts come first: where memory or a cancel splits the rows, the others have what they are compared with.
    """
    greedy = settings.decoding == "greedy"
    samples = range(settings.samples)
    rows = [PlannedRow(prompt, s, 0, 0.0, greedy=greedy) for s in samples]
    rows += baseline_rows(settings.samples, prompt, greedy)
    if settings.in_words:
        rows += [PlannedRow(prompt, s, 0, 0.0, greedy=greedy, in_words=True) for s in samples]
    for strength in sorted(settings.strengths, key=lambda s: (abs(s), s)):
        if strength == 0:
            continue
        for direction in range(len(settings.directions)):
            rows += [PlannedRow(prompt, s, direction, strength, greedy=greedy) for s in samples]
    return rows


def baseline_rows(samples: int, prompt: int, greedy: bool) -> list[PlannedRow]:
    """The extra unsteered texts of a prompt, beside `samples` reported ones."""
    # A greedy text is no draw from the model, so its baseline is sampled from noise 0 on.
    first = 0 if greedy else samples
    return [PlannedRow(prompt, s, 0, 0.0, reported=False) for s in range(first, BASELINE_TEXTS)]


def n_texts(settings: SweepSettings) -> int:
    """Number of texts that a sweep generates: what its button shows."""
    return len(settings.prompts) * len(plan_rows(settings, 0))


def blocks(rows: list[PlannedRow], bytes_per_row: int) -> list[list[PlannedRow]]:
    """Splits the rows of a prompt into blocks that fit into memory; the prompt-only rival has a prompt of its own."""
    size = max(ROW_MULTIPLE, CACHE_BYTES // max(1, bytes_per_row) // ROW_MULTIPLE * ROW_MULTIPLE)
    same_prompt = [[row for row in rows if row.in_words is kind] for kind in (False, True)]
    return [part[i : i + size] for part in same_prompt for i in range(0, len(part), size)]


def control_directions(width: int, count: int, seed: int) -> FloatArray:
    """Random unit vectors, float32 [count, width], the same ones for the same seed."""
    rng = np.random.default_rng([seed, 0xC0])
    drawn = rng.standard_normal((count, width))
    unit: FloatArray = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return unit
