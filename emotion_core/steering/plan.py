"""The rows of a sweep: which text is generated with which direction, strength and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotion_core.steering.settings import SweepSettings, is_control
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
    """The rows of one prompt that are written first: the emotion's and the named controls'.

    Strength 0 appears once a sample, under the emotion. Unsteered texts come first: where memory or a cancel splits
    the rows, the others have what they are compared with.
    """
    greedy = settings.decoding == "greedy"
    samples = range(settings.samples)
    rows = [PlannedRow(prompt, s, 0, 0.0, greedy=greedy) for s in samples]
    rows += baseline_rows(settings.samples, prompt, greedy)
    if settings.in_words:
        rows += [PlannedRow(prompt, s, 0, 0.0, greedy=greedy, in_words=True) for s in samples]
    named = [d for d, name in enumerate(settings.directions) if not is_control(name)]
    for strength in sorted(settings.strengths, key=lambda s: (abs(s), s)):
        if strength == 0:
            continue
        for direction in named:
            rows += [PlannedRow(prompt, s, direction, strength, greedy=greedy) for s in samples]
    return rows


def plan_controls(settings: SweepSettings, prompt: int, strengths: Sequence[float]) -> list[PlannedRow]:
    """The rows of one prompt that are written next: all controls at the ends of the emotion's usable window."""
    greedy = settings.decoding == "greedy"
    controls = [d for d, name in enumerate(settings.directions) if is_control(name)]
    return [
        PlannedRow(prompt, s, direction, strength, greedy=greedy)
        for strength in strengths
        for direction in controls
        for s in range(settings.samples)
    ]


def baseline_rows(samples: int, prompt: int, greedy: bool) -> list[PlannedRow]:
    """The extra unsteered texts of a prompt, beside `samples` reported ones."""
    # A greedy text is no draw from the model, so its baseline is sampled from noise 0 on.
    first = 0 if greedy else samples
    return [PlannedRow(prompt, s, 0, 0.0, reported=False) for s in range(first, BASELINE_TEXTS)]


def n_texts(settings: SweepSettings) -> int:
    """Number of texts that a sweep generates at most: what its button shows."""
    ends = (min(settings.strengths), max(settings.strengths))
    outer = [s for s in dict.fromkeys(ends) if s != 0]
    return len(settings.prompts) * (len(plan_rows(settings, 0)) + len(plan_controls(settings, 0, outer)))


def blocks(rows: list[PlannedRow], bytes_per_row: int) -> list[list[PlannedRow]]:
    """Splits the rows of a prompt into blocks that fit into memory; the prompt-only rival has a prompt of its own."""
    size = max(ROW_MULTIPLE, CACHE_BYTES // max(1, bytes_per_row) // ROW_MULTIPLE * ROW_MULTIPLE)
    same_prompt = [[row for row in rows if row.in_words is kind] for kind in (False, True)]
    return [part[i : i + size] for part in same_prompt for i in range(0, len(part), size)]
