"""A finished build: a verdict for every emotion, how well it separates at each layer, and files to take along."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import Job
from emotion_core.charts.separation import separation_by_layer, separation_table
from emotion_core.evaluation.scores import HeldOutScores, score_sentence, together_sentence
from emotion_core.evaluation.verdict import NOT_TESTED
from emotion_core.exchange.bundle import bundle_bytes, bundle_files, fitting_neutral
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.reading.audit import AuditedToken, Kind, audit_tokens, counts
from emotion_core.runs.builds import BuildResult
from emotion_core.runs.recipes import origin_of_vectors
from emotion_core.vectors.build import short_sentence, short_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import vector_bytes
from ui.errors import shown_errors
from ui.figure import download, downloads, emotion_verdict, figures_from, json_download, show_chart, shows, verdict
from ui.page import PAGES
from ui.plain import plain
from ui.services import ask, ask_once
from ui.share import link_hint
from ui.tokens import Token, token_strip
from ui.vector_sets import build_of
from ui.working import Working

# The button that takes everything about a vector set along in one zip, made at the click.


def bundle_button(
    vectors: EmotionVectors, scores: HeldOutScores | None, reason: str, owner: ModelOwner, *, name: str, key: str
) -> None:
    """One download: safetensors, GGUF, tables, charts, prompts, a card, and the code that redoes them."""
    download(
        "Everything (.zip)",
        lambda: bundle(vectors, scores, reason, owner),
        f"{name}-bundle.zip",
        "application/zip",
        key=f"bundle-{key}",
    )


def bundle(vectors: EmotionVectors, scores: HeldOutScores | None, reason: str, owner: ModelOwner) -> bytes:
    """The zip; the model is asked which neutral texts fit, where it is the one that the vectors belong to.

    Raises:
        ModelError: The model is too busy to answer.
    """
    if owner.info.fingerprint != vectors.model.fingerprint:
        return bundle_bytes(bundle_files(vectors, scores, reason))
    neutral = ask(owner, _neutral(owner.model, vectors.reading))
    return bundle_bytes(bundle_files(vectors, scores, reason, neutral, owner.model.layers_path))


def _neutral(model: LoadedModel, reading: ReadingPosition) -> Job[PromptSet]:
    """As a job, because only the owner's thread may use the tokenizer."""
    yield from ()
    return fitting_neutral(model, reading)


# What becomes of every token of a text: chosen row or own text in, marked strip and legend out.

_SHORT = 90
_MOST_SINKS = 3
_WORDS: dict[Kind, tuple[str, str]] = {
    "read": ("read", "underlined"),
    "skipped": ("of the text, but skipped", "faint"),
    "special": ("special tokens of the tokenizer", "in a box"),
    "template": ("added by the chat template", "in a dashed box"),
    "truncated": ("beyond the model's context", "struck through"),
}


def token_audit(owner: ModelOwner, prompt_sets: tuple[PromptSet, ...], reading: ReadingPosition, *, key: str) -> None:
    """Lets the visitor pick a text of the sets or type one, and shows what becomes of its tokens."""
    if not owner.loaded:
        st.caption("The tokens show when the model's weights are there.")
        return
    texts = [t for one in prompt_sets for t in one.texts]
    if reading.pooling == "mean" and reading.start:
        with shown_errors():
            said = [t.text for t in texts]
            short = ask_once(owner, f"short texts {key}", (said, reading), short_texts(owner.model, said, reading))
            if short:
                st.warning(plain(short_sentence(short, reading)), icon=":material/short_text:")
    chosen = None
    if texts:
        chosen = st.selectbox(
            "Text",
            range(len(texts)),
            format_func=lambda i: f"{texts[i].row}, {texts[i].side}: {texts[i].text[:_SHORT]}",
            key=f"audit-{key}",
            help="Row of the file and side of the pair.",
        )
    own = st.text_area(
        "Or a text of your own",
        key=f"audit-own-{key}",
        height=68,
        placeholder="Paste any text",
        help="Shows which of its tokens would be read; nothing is stored.",
    )
    text = (own or "").strip() or (texts[chosen or 0].text if texts else "")
    if not text:
        return
    with shown_errors():
        # The tokens' lengths take a pass of the model.
        tokens = ask_once(owner, f"audit {key}", (text, reading), audit_tokens(owner.model, text, reading))
        _strip(tokens, owner.info.context, key)


def _strip(tokens: tuple[AuditedToken, ...], context: int, key: str) -> None:
    found = counts(tokens)
    too_many = found.get("truncated", 0)
    if too_many:
        st.warning(
            f"The text has {len(tokens)} tokens and the model takes {context}: it is refused, not read cut off. "
            f"Shorten it by {too_many} tokens.",
            icon=":material/content_cut:",
        )
    strip = [Token(token.text, state=token.kind, note=_note(token)) for token in tokens]
    token_strip(strip, label="Tokens of the text", key=f"strip-{key}")
    legend = ", ".join(f"{n} {_WORDS[kind][0]} ({_WORDS[kind][1]})" for kind, n in found.items())
    told = "" if too_many else " The mean over those read stands for the text."
    st.caption(f"{len(tokens)} tokens: {legend}.{told}{_sinks(tokens)}")


def _note(token: AuditedToken) -> str:
    """What becomes of a token, and how long it is where that stands out."""
    long = f", {token.times:.3g} times as long as the median at layer {token.longest_at}" if token.sink else ""
    return _WORDS[token.kind][0] + long


def _sinks(tokens: tuple[AuditedToken, ...]) -> str:
    """Which tokens are attention sinks, and whether they are read."""
    sinks = [token for token in tokens if token.sink]
    if not sinks:
        return ""
    named = ", ".join(
        f"{plain(repr(token.text))} ({token.times:.3g} times as long as the median, layer {token.longest_at}, "
        f"{'read' if token.read else 'left out'})"
        for token in sorted(sinks, key=lambda one: -one.times)[:_MOST_SINKS]
    )
    return f" Attention sinks, whose length says nothing of the text: {named}."


_FEW = 8


def build_result(run_id: str, working: Working) -> None:
    """Shows a finished build."""
    build = build_of(run_id)
    vectors, scores = build.vectors, build.scores
    key = f"build-{run_id[:8]}"
    if scores is None:
        st.warning(f"The vectors are built, but not tested. {plain(build.reason)}", icon=":material/science_off:")
    else:
        with figures_from(origin_of_vectors(vectors)):
            _tested(scores, key)
    take_along(build, working, key=key)
    link_hint()
    if working.info.fingerprint == vectors.model.fingerprint:
        with st.expander("Which tokens were read", icon=":material/format_ink_highlighter:"):
            token_audit(working.owner, vectors.prompt_sets, vectors.reading, key=key)


def _tested(scores: HeldOutScores, key: str) -> None:
    verdict_strip(scores, key=key)
    emotion = _emotion(scores, key)
    chart = separation_by_layer(scores, emotion)
    show_chart(chart, alt_text=score_sentence(scores, emotion), key=f"separation-{key}")
    shows(
        "How far held-out texts with the emotion project from those without it, in pooled standard deviations, beside "
        f"what {scores.null_words} reach.",
        "What the direction stands for: a set whose sides differ in something else gives a direction for that.",
    )
    said = scores.verdicts[scores.emotions.index(emotion)]
    notes = (f"{said.word}: {said.reason}",)
    downloads(f"separation-{emotion}", chart=chart, table=separation_table(scores), key=key, notes=notes)


def verdict_strip(scores: HeldOutScores, *, key: str) -> None:
    """A verdict for every emotion; with many of them, the first few and a fold for the rest."""
    if together_sentence(scores):
        verdict("not tested", together_sentence(scores), word=NOT_TESTED, key=f"{key}-together")
    for number, emotion in enumerate(scores.emotions[:_FEW]):
        emotion_verdict(scores, emotion, key=f"{key}-{number}")
    if len(scores.emotions) > _FEW:
        with st.expander(f"The other {len(scores.emotions) - _FEW} emotions"):
            for number, emotion in enumerate(scores.emotions[_FEW:]):
                emotion_verdict(scores, emotion, key=f"{key}-more-{number}")
    if scores.not_scored:
        st.caption(f"Without held-out texts, so not scored: {plain(', '.join(scores.not_scored))}.")


def take_along(build: BuildResult, working: Working, *, key: str) -> None:
    """The vector file, the scores, the bundle, and the ways on."""
    vectors, scores = build.vectors, build.scores
    name = "+".join(one.name for one in vectors.prompt_sets) or "vectors"
    with st.container(horizontal=True, key=f"take-{key}"):
        download(
            "Vectors (.safetensors)",
            lambda: vector_bytes(vectors),
            f"{name}.safetensors",
            "application/octet-stream",
            key=f"vectors-{key}",
        )
        if scores is not None:
            file_name = f"{name}-heldout.json"
            json_download("Held-out scores (JSON)", scores.to_json, file_name, key=f"j-{key}")
        bundle_button(vectors, scores, build.reason, working.owner, name=name, key=key)
    with st.container(horizontal=True, key=f"next-{key}"):
        st.page_link(PAGES["explore"].file, label="Explore these vectors", icon=PAGES["explore"].icon)
        st.page_link(PAGES["steer"].file, label="Steer with them", icon=PAGES["steer"].icon)


def _emotion(scores: HeldOutScores, key: str) -> str:
    if len(scores.emotions) == 1:
        return scores.emotions[0]
    return str(st.selectbox("Emotion shown", scores.emotions, key=f"shown-{key}", bind="query-params"))
