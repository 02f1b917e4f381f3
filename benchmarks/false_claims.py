"""How often each view calls something evidence that is nothing: `python -m benchmarks.false_claims --json`.

Every view that can say evidence looks at directions without a meaning in the place of emotions (random ones, mixes of
neutral texts, rotated sets of the real vectors) and at inputs without one (templates whose number means nothing,
neutral texts in random order as a conversation, pairs whose sides were swapped by a coin, the untrained twin). The
share called evidence stands beside its 95 % interval (Clopper and Pearson), and beside it the power on planted effects,
so that nobody reaches 5 % by saying nothing. Ends with status 1 where the interval of a view lies above .05 as a whole.

Views that only read and score are run with the settings of their pages. Views that write texts are run with shorter
texts and fewer strengths, which the document says; `--draws` is for the former, `--written` for the latter.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from scipy import stats

from benchmarks import steering_calibration as steered
from benchmarks.behave_calibration import as_emotions, headlines_say, meaningless, preferences_say, warnings_say
from benchmarks.calibration import planted, scored, swapped
from emotion_core.base.activations import FloatArray, ReadingPosition
from emotion_core.base.cache import ActivationCache
from emotion_core.base.jobs import Job, run_to_end
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.leads import lead_texts
from emotion_core.behavior.preference_settings import PreferenceSettings
from emotion_core.behavior.preferences import PairAnswers, ask_pairs
from emotion_core.behavior.scenes import built_in_scenes
from emotion_core.behavior.warning import WarningSettings
from emotion_core.evaluation.confounds import built_in_confounds, confound_texts
from emotion_core.evaluation.controls import Kind
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.evaluation.transfer import Contrast, transfer
from emotion_core.evaluation.twin import read_twin
from emotion_core.geometry.claims import claims
from emotion_core.geometry.emotion_map import map_emotions
from emotion_core.geometry.rivals import rival_rows, tfidf_vectors
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.untrained import untrained_twin
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import load_activities, load_templates
from emotion_core.prompts.library_items import Template, Turn
from emotion_core.reading.attempts import read_attempts
from emotion_core.reading.attempts_library import load_attempts
from emotion_core.reading.baseline import read_baseline
from emotion_core.reading.conversation import read_conversation_turns
from emotion_core.reading.dose import read_dose
from emotion_core.tracing.record import record
from emotion_core.vectors.build import build, neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.settings import BuildSettings

KINDS: tuple[Kind, ...] = ("random", "neutral", "rotated")
SET = 12  # directions that stand for emotions together, and are corrected together
LEVEL = 0.05
MEANINGLESS = (
    Template(name="tram", template="The tram of line {x} stops at the corner.", values=(1, 2, 5, 10, 20, 50)),
    Template(name="folder", template="The form lies in folder {x} on the shelf.", values=(3, 10, 30, 100, 300, 1000)),
    Template(name="page", template="The recipe is on page {x} of the book.", values=(4, 12, 40, 90, 160, 400)),
)


@dataclass
class Count:
    """What one view said of one kind of nothing, or of one planted effect.

    Attributes:
        view: The view.
        input: What it looked at.
        said: Whether each was called evidence.
        settings: Where they differ from the page's.
    """

    view: str
    input: str
    said: list[bool] = field(default_factory=list)
    settings: str = ""

    def to_json(self) -> dict[str, Any]:
        """Share with its interval."""
        n, k = len(self.said), sum(self.said)
        low = float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0
        high = float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
        document = {"view": self.view, "input": self.input, "n": n, "evidence": k / n if n else None}
        document |= {"low": low, "high": high}
        return document | ({"settings": self.settings} if self.settings else {})


@dataclass(frozen=True)
class Bench:
    """What all views look with: the model, vectors of emotions-12 and fear-calm, and what was read before."""

    model: LoadedModel
    cache: ActivationCache
    draws: int
    written: int

    def run(self, job: Job[Any]) -> Any:
        """A job to its end."""
        return run_to_end(job)

    def vectors(self, name: str = "emotions-12") -> EmotionVectors:
        """Vectors of a built-in set, as built by default."""
        built: EmotionVectors = self.run(build(self.model, [load_prompts(name)], BuildSettings(), self.cache))
        return built

    def sets(self, kind: Kind, count: int) -> Iterator[EmotionVectors]:
        """Sets of directions without a meaning, as an imported file would hold them."""
        vectors = self.vectors()
        for seed in range(-(-count // SET)):
            units: FloatArray = meaningless(self.model, vectors, kind, SET, 5000 + seed, self.cache)
            yield as_emotions(vectors, units)


Look = Callable[[Bench], Iterator[tuple[Count, bool]]]


def dose(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions on the built-in templates, and real emotions on templates whose number means nothing."""
    for kind in KINDS:
        count = Count("dose", f"{kind} directions")
        for seed, vectors in enumerate(bench.sets(kind, bench.draws)):
            baseline = bench.run(read_baseline(bench.model, vectors, None, seed, cache=bench.cache))
            template = load_templates()[seed % len(load_templates())]
            reading = bench.run(read_dose(bench.model, baseline, template, bench.cache, seed))
            yield from ((count, reading.evidence(name)) for name in reading.emotions)
    count = Count("dose", "numbers without a meaning")
    for name in ("emotions-12", "emotions-171"):
        baseline = bench.run(read_baseline(bench.model, bench.vectors(name), cache=bench.cache))
        for template in MEANINGLESS:
            reading = bench.run(read_dose(bench.model, baseline, template, bench.cache))
            yield from ((count, reading.evidence(emotion)) for emotion in reading.emotions)


def drift(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Neutral texts in random order as conversations of twelve turns, read with emotions and with directions."""
    texts = [t.text for t in load_prompts("neutral").texts]

    def turns(seed: int) -> tuple[Turn, ...]:
        order = np.random.default_rng([seed, 0x7A]).permutation(len(texts))[:12]
        roles = ("user", "assistant")
        return tuple(Turn(roles[i % 2], texts[j]) for i, j in enumerate(order))

    count = Count("conversation", "neutral texts in random order")
    baseline = bench.run(read_baseline(bench.model, bench.vectors(), form="conversation", cache=bench.cache))
    for seed in range(-(-bench.draws // 4)):
        reading = bench.run(read_conversation_turns(bench.model, baseline, turns(seed)))
        yield from ((count, reading.evidence(name)) for name in baseline.emotions)
    for kind in KINDS:
        count = Count("conversation", f"{kind} directions")
        for seed, vectors in enumerate(bench.sets(kind, bench.draws)):
            job = read_baseline(bench.model, vectors, None, seed, form="conversation", cache=bench.cache)
            reading = bench.run(read_conversation_turns(bench.model, bench.run(job), turns(seed)))
            yield from ((count, reading.evidence(name)) for name in vectors.emotions)


def attempts(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions over the built-in runs of failed attempts."""
    for kind in KINDS:
        count = Count("attempts", f"{kind} directions")
        for seed, vectors in enumerate(bench.sets(kind, bench.draws)):
            job = read_baseline(bench.model, vectors, None, seed, form="conversation", cache=bench.cache)
            runs = load_attempts()
            reading = bench.run(read_attempts(bench.model, bench.run(job), runs[seed % len(runs)]))
            yield from ((count, reading.evidence(name)) for name in vectors.emotions)


def held_out(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """fear-calm with the sides of its pairs swapped by a coin; the untrained twin; and planted directions."""
    reading, fear = BuildSettings().reading, load_prompts("fear-calm")
    for name, model in (("", bench.model), (", untrained twin", untrained_twin(bench.model))):
        acts, neutral, confounds = _fear(bench, model, reading)
        count = Count("held-out", f"coin-swapped pairs{name}")
        for seed in range(bench.draws):
            one = swapped(fear, np.random.default_rng([seed, 0]))
            yield count, scored(acts, neutral, confounds, one, seed).verdicts[0].evidence
        if name:
            yield (
                Count("held-out", "untrained twin, true sides"),
                scored(acts, neutral, confounds, fear, 0).verdicts[0].evidence,
            )


def _fear(bench: Bench, model: LoadedModel, reading: ReadingPosition) -> tuple[Any, Any, Any]:
    texts = [t.text for t in load_prompts("fear-calm").texts]
    parts = (texts, neutral_texts(model, reading), confound_texts(built_in_confounds()))
    return tuple(bench.run(record(model, part, reading, bench.cache)) for part in parts)


def imported(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions of an imported file, scored on emotions-12 one against the rest."""
    targets = load_prompts("emotions-12")
    reading = BuildSettings().reading
    acts = bench.run(record(bench.model, [t.text for t in targets.texts], reading, bench.cache))
    neutral = bench.run(record(bench.model, neutral_texts(bench.model, reading), reading, bench.cache))
    for kind in KINDS:
        count = Count("held-out", f"imported {kind} directions")
        for vectors in bench.sets(kind, bench.draws):
            named = replace(vectors, emotions=targets.emotions[: len(vectors.emotions)])
            scores = score_heldout(named, None, [targets], acts, neutral=neutral)
            yield from ((count, verdict.evidence) for verdict in scores.verdicts)


def carried_over(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """emotions-12 on fear-calm, with the sides of fear-calm swapped by a coin."""
    vectors, fear = bench.vectors(), load_prompts("fear-calm")
    contrast = Contrast(("fear", "desperation"), ("calm", "joy"))
    count = Count("transfer", "coin-swapped pairs")
    for seed in range(bench.draws):
        target = swapped(fear, np.random.default_rng([seed, 1]))
        result = bench.run(transfer(bench.model, vectors, target, contrast, bench.cache, seed=seed))
        yield count, result.scores[0].verdict.word.startswith("evidence")


def maps(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Claims of a map of 171 words: of random vectors, of the untrained twin's, of tf-idf of the same texts."""
    vectors = bench.vectors("emotions-171")
    layer = vectors.selected_layer
    rivals = rival_rows(vectors, layer)
    count = Count("map", "random vectors for 171 emotions")
    for seed in range(max(1, bench.draws // 4)):
        values = np.random.default_rng([seed, 9]).standard_normal(vectors.values.shape).astype(np.float32)
        yield from _claims(count, replace(vectors, values=values), layer, rivals)
    twin = bench.run(read_twin(bench.model, vectors, bench.cache))
    yield from _claims(Count("map", "untrained twin"), replace(vectors, values=twin.values), layer, rivals)
    words = tfidf_vectors(vectors)
    if words is not None:
        values = np.zeros_like(vectors.values)
        width = min(words.shape[1], values.shape[2])
        values[:, layer, :width] = words[:, :width]
        yield from _claims(Count("map", "tf-idf in place of the model"), replace(vectors, values=values), layer, rivals)


def _claims(count: Count, vectors: EmotionVectors, layer: int, rivals: Any) -> Iterator[tuple[Count, bool]]:
    found = map_emotions(vectors, layer)
    yield from ((count, claim.mark == "evidence") for claim in claims(found, (), rivals))


def written(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Sweeps, cross-talk and next tokens with a direction in the place of an emotion."""
    vectors = bench.vectors()
    layer = vectors.selected_layer
    for kind in KINDS:
        units = meaningless(bench.model, vectors, kind, bench.draws * steered.MATRIX, 6000, bench.cache)
        for view in steered.VIEWS:
            short = "" if view == "next token" else f"{steered.TOKENS} tokens, {len(steered.STRENGTHS)} strengths"
            count = Count(view, f"{kind} directions", settings=short)
            taken = vectors.emotions[: steered.MATRIX if view == "cross-talk" else 1]
            for seed in range(bench.draws if view == "next token" else bench.written):
                fakes = {e: units[seed * steered.MATRIX + i] for i, e in enumerate(taken)}
                other = steered.in_place_of(vectors, fakes)
                asked = steered.settings_of(view, vectors.emotions, layer, seed, steered.TOKENS, steered.STRENGTHS)
                yield count, steered.says_evidence(bench.model, other, asked, view, bench.cache)


def preferred(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions against the preferences over the built-in activities."""
    items = load_activities()
    settings = PreferenceSettings(tuple(one.activity for one in items), tuple(one.kind for one in items))
    answers: PairAnswers = bench.run(ask_pairs(bench.model, settings))
    for kind in KINDS:
        count = Count("preferences", f"{kind} directions")
        for seed, vectors in enumerate(bench.sets(kind, bench.draws)):
            said = preferences_say(bench.model, vectors, replace(settings, seed=seed), bench.cache, answers)
            yield from ((count, bool(one)) for one in said)


def behaving(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions in the built-in scenarios: the headline, and the early warning."""
    vectors = bench.vectors()
    warning = WarningSettings(lead_texts(vectors, 40))
    for kind in KINDS:
        count, early = Count("behaviours", f"{kind} directions"), Count("early warning", f"{kind} directions")
        for fakes in bench.sets(kind, bench.draws):
            asked = BehaviorSettings(built_in_scenes(), fakes.emotions, (-0.2, 0.2), texts=0, words="")
            yield from ((count, bool(one)) for one in headlines_say(bench.model, fakes, asked, bench.cache))
            said = warnings_say(bench.model, fakes, asked, warning, bench.cache)
            yield from ((early, bool(one)) for one in said)


def power_held_out(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions planted into coin-swapped pairs at known sizes: beyond chance, which ten held-out pairs can show."""
    acts, neutral, confounds = _fear(bench, bench.model, BuildSettings().reading)
    for size in (1.0, 1.5, 2.0, 3.0):
        count = Count("held-out: beyond chance", f"d = {size:g}")
        leads = Count("held-out: evidence", f"d = {size:g}")
        for seed in range(max(1, bench.draws // 4)):
            rng = np.random.default_rng([seed, int(10 * size)])
            one = swapped(load_prompts("fear-calm"), rng)
            verdict = scored(planted(acts, one, size, rng), neutral, confounds, one, seed).verdicts[0]
            yield count, verdict.separates
            yield leads, verdict.evidence


def power_dose(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Expected emotions of the built-in templates, read along vectors of the planted scenes."""
    count = Count("dose", "expected emotions of built-in templates, planted vectors")
    baseline = bench.run(read_baseline(bench.model, bench.vectors("scenes-171"), cache=bench.cache))
    for template in load_templates():
        reading = bench.run(read_dose(bench.model, baseline, template, bench.cache))
        yield from (
            (count, reading.evidence(name)) for name in (*template.rise, *template.fall) if name in reading.emotions
        )


VIEWS: dict[str, Look] = {
    "dose": dose,
    "conversation": drift,
    "attempts": attempts,
    "held-out": held_out,
    "imported": imported,
    "transfer": carried_over,
    "map": maps,
    "steer": written,
    "preferences": preferred,
    "behaviours": behaving,
}
POWER: dict[str, Look] = {"held-out": power_held_out, "dose": power_dose}


def collected(looks: Sequence[Look], bench: Bench) -> list[Count]:
    """All counts, in the order in which they came up."""
    counts: dict[tuple[str, str], Count] = {}
    for look in looks:
        began = time.monotonic()
        for count, said in look(bench):
            counts.setdefault((count.view, count.input), count).said.append(said)
        print(f"{look.__name__}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return list(counts.values())


def main() -> int:
    """Prints the document; 1 where a view calls nothing evidence too often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="the document instead of a table")
    parser.add_argument("--model", default="demo")
    parser.add_argument("--draws", type=int, default=100, help="directions or inputs of a kind that are read")
    parser.add_argument("--written", type=int, default=20, help="directions of a kind that texts are written with")
    parser.add_argument("--views", nargs="+", choices=list(VIEWS), default=list(VIEWS))
    parser.add_argument("--no-power", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:
        cache = ActivationCache(Path(folder) / "cache.sqlite")
        bench = Bench(load_model(options.model), cache, options.draws, options.written)
        views = collected([VIEWS[name] for name in options.views], bench)
        power = [] if options.no_power else collected(list(POWER.values()), bench)
    document: dict[str, Any] = {
        "model": bench.model.info.name,
        "fingerprint": bench.model.info.fingerprint,
        "views": [count.to_json() for count in views],
        "power": [{"view": c.view, "planted": c.input, "n": len(c.said), "found": sum(c.said)} for c in power],
    }
    print(json.dumps(document, indent=1) if options.json else table(document))
    return int(any(row["low"] > LEVEL for row in document["views"]))


def table(document: dict[str, Any]) -> str:
    """The document as Markdown."""
    lines = ["| view | what it looked at | n | called evidence | 95 % interval |", "|---|---|---|---|---|"]
    for row in document["views"]:
        said, more = f"{row['evidence']:.1%}", f" ({row['settings']})" if "settings" in row else ""
        lines.append(
            f"| {row['view']} | {row['input']}{more} | {row['n']} | {said} | {row['low']:.1%} to {row['high']:.1%} |"
        )
    lines += ["", "| planted | size | n | found |", "|---|---|---|---|"]
    lines += [f"| {row['view']} | {row['planted']} | {row['n']} | {row['found']} |" for row in document["power"]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
