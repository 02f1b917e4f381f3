"""Topics that stand for an emotion or for the whole set, and splits too small to say much."""

from __future__ import annotations

from collections import Counter, defaultdict

from emotion_core.prompts.checks.finding import Finding, listed, rows_of
from emotion_core.prompts.prompt_set import PromptSet, PromptText, n_units

# Topics that stand for an emotion, or for the whole set.

TOPICS = "topics"
# Share of the information about the emotion that the topic carries, beyond chance: 0 none, 1 all.
ASSOCIATION = 0.15
# Share of the rows with a topic that no other emotion has, from which topics count as not shared.
ALONE = 0.3
# A topic with more than this share of the rows is the set's real subject.
DOMINANT, ENOUGH_ROWS = 1 / 3, 10


def topics(prompt_set: PromptSet) -> list[Finding]:
    """Labelled texts: emotion and topic go together. Both forms: one topic dominates, or there are none."""
    units = [text for text in prompt_set.texts if text.side != "negative"]
    named = [text for text in units if text.topic]
    if not named:
        detail = "The set has no topics, so rows of one subject may lie on both sides of the split"
        return [Finding(TOPICS, "note", (), detail, "Add a column topic")] if len(units) >= ENOUGH_ROWS else []
    findings = []
    counts = Counter(text.topic for text in named)
    topic, most = counts.most_common(1)[0]
    if len(units) >= ENOUGH_ROWS and most > DOMINANT * n_units(prompt_set.texts):
        detail = f"{most} of {len(units)} rows have the topic '{topic}'"
        rows = rows_of(text for text in named if text.topic == topic)
        findings.append(Finding(TOPICS, "warning", rows, detail, "Spread the rows over more topics"))
    if prompt_set.form == "labelled" and len(prompt_set.emotions) > 1:
        findings += _association(named)
    return findings


def _association(texts: list[PromptText]) -> list[Finding]:
    """A warning where the topic predicts the emotion, with the rows whose topic only one emotion has."""
    from sklearn.metrics import adjusted_mutual_info_score  # slow to import, and pages do not need it

    share = adjusted_mutual_info_score([t.topic for t in texts], [t.emotion for t in texts])
    emotions_of: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        emotions_of[text.topic].add(text.emotion)
    alone = [text for text in texts if len(emotions_of[text.topic]) == 1]
    if share < ASSOCIATION and len(alone) < ALONE * len(texts):
        return []
    pairs = dict.fromkeys(f"'{text.topic}' only with {text.emotion}" for text in alone)
    told = f"The topic tells the emotion ({share:.0%} of what there is to know)" if share >= ASSOCIATION else ""
    told = told or f"{len(alone)} of {len(texts)} rows have a topic that no other emotion has"
    detail = f"{told}: {listed(list(pairs))}" if pairs else told
    return [Finding(TOPICS, "warning", rows_of(alone or texts), detail, "Write every topic for every emotion")]


# Emotions that cannot be tested, and sets too small to say much.

SPLIT_SIZES = "split sizes"
FEW = 8


def split_sizes(prompt_set: PromptSet) -> list[Finding]:
    """Warns of emotions without held-out rows; notes few training rows, none at all, or a single labelled emotion."""
    counts: dict[str, Counter[str]] = {"train": Counter(), "heldout": Counter()}
    for text in prompt_set.texts:
        counts[text.split][text.emotion] += text.side != "negative"
    train, heldout = counts["train"], counts["heldout"]
    unit = "pairs" if prompt_set.form == "pairs" else "texts"
    findings = []
    if not train:
        detail = f"All {unit} are held out: a vector can be tested on them, none can be built"
        return [Finding(SPLIT_SIZES, "note", (), detail, "Mark rows as train to build a vector from them")]
    untested = [emotion for emotion in prompt_set.emotions if not heldout[emotion]]
    if untested:
        detail = f"No held-out {unit}, so no held-out figures (null): " + listed(untested)
        remedy = f"Add {unit}, or mark some as heldout in the column split"
        rows = tuple(sorted({t.row for t in prompt_set.texts if t.emotion in set(untested)}))
        findings.append(Finding(SPLIT_SIZES, "warning", rows, detail, remedy))
    few = [f"{emotion} ({train[emotion]})" for emotion in prompt_set.emotions if train[emotion] < FEW]
    if few:
        detail = f"Fewer than {FEW} training {unit}: " + listed(few)
        findings.append(Finding(SPLIT_SIZES, "note", (), detail, f"Add {unit}; 20 or more give a stable vector"))
    if prompt_set.form == "labelled" and len(prompt_set.emotions) == 1:
        detail = "Labelled texts of one emotion have nothing to be compared with"
        remedy = "Build them together with other labelled emotions, or use them as neutral texts"
        findings.append(Finding(SPLIT_SIZES, "note", (), detail, remedy))
    return findings
