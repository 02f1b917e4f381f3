"""System prompts compared: what differs, turn by turn, and whether it lasts."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import SettingsError
from emotion_core.charts import reading as charts
from emotion_core.experiments.reading import PriorsSettings
from emotion_core.prompts.library import load_conversations, load_system_prompts, read_conversation
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.dose import match_expected
from emotion_core.reading.priors import Prior, PriorsReading, check_priors
from emotion_core.steering.finding import signed
from ui.figure import downloads, show_chart, shows, verdict
from ui.plain import plain
from ui.uploads import content, upload_field


def priors_result(found: PriorsReading, emotion: str) -> None:
    """The difference of one emotion from the first system prompt."""
    for s in range(1, len(found.names)):
        mark, sentence = found.finding(s, emotion)
        verdict(mark, sentence, key=f"prior-{s}")
    chart = None
    if any(found.compared(s) for s in range(1, len(found.names))):
        chart = charts.priors(found, emotion)
        show_chart(chart, alt_text="Differences by turn with intervals over conversations.", key="priors", titled=False)
    if found.left_out:
        turns = "turn is" if found.left_out == 1 else "turns are"
        st.caption(
            f"{found.left_out} {turns} left out: so far from the beginning the model does not see the system prompt "
            "any more."
        )
    shows(
        "The same words of user and assistant, read under another system prompt: what differs comes from the prompt. "
        "It lasts where the last third of the turns still differs over conversations, and by more than directions "
        "without a meaning do, corrected for all emotions.",
        "That the model would answer differently: the replies are given, not written by it.",
    )
    _expected(found)
    downloads("system-prompts", chart=chart, table=lambda: charts.priors_table(found), key="priors", parquet=True)
    st.caption("All readings, conversation by conversation:")
    downloads("system-prompt-turns", table=lambda: charts.turn_means(found), key="prior-turns", parquet=True)


def _expected(found: PriorsReading) -> None:
    """Emotions that the prompts should raise, where the set has vectors for them."""
    lines = []
    for s in range(1, len(found.names)):
        expected = match_expected(found.expected[s], (), found.emotions)
        parts = []
        for name, words in expected.stands_for.items():
            late = found.lasting(s, name)
            told = "met" if late.lasts and late.mean > 0 else "not met" if late.lasts else found.finding(s, name)[0]
            label = plain(name) if words == (name,) else f"{plain(name)} (for {plain(', '.join(words))})"
            parts.append(f"{label} {signed(late.mean)} SD, {told}" if found.compared(s) else f"{label} {told}")
        if expected.unmatched:
            parts.append(f"no vector for {plain(', '.join(expected.unmatched))}")
        if parts:
            lines.append(f"**{plain(found.names[s])}** should raise: " + "; ".join(parts) + ".")
    if lines:
        st.markdown("  \n".join(lines))


# Which system prompts are compared, over which conversations.

_NONE = "no system prompt"
_OWN = "own"


def priors_form() -> PriorsSettings:
    """Draws the form.

    Raises:
        SettingsError: The choice cannot be compared.
        PromptSetError: An upload cannot be read.
    """
    st.markdown("The same conversations under other first words: does what was said at the beginning still show later?")
    library = {one.name: one for one in load_system_prompts()}
    known = {_NONE: Prior(_NONE, "")} | {one.name: Prior(one.name, one.text, one.expected) for one in library.values()}
    left, right = st.columns(2)
    first = left.selectbox(
        "Compared with",
        list(known),
        key="priors-first",
        persist_state="session",
        help="The system prompt that all others are compared with.",
    )
    others = right.multiselect(
        "System prompts",
        list(known),
        ["last-chance", "porch-in-summer"],
        key="priors-others",
        persist_state="session",
        help="Each is put before the same conversations, and compared with the first.",
    )
    own = st.text_area(
        "A system prompt of your own",
        key="priors-own",
        persist_state="session",
        height=68,
        placeholder="optional",
        help="Compared with the first one like the others.",
    )
    chosen = [known[name] for name in [first or _NONE, *[one for one in others if one != first]]]
    if own and own.strip():
        chosen.append(Prior(_OWN, own.strip()))
    for one in chosen:
        if one.text and one.name != _OWN:
            st.caption(f"**{one.name}**: {one.text}")
    conversations = _conversations()
    check_priors(chosen, conversations)
    return PriorsSettings(tuple(chosen), conversations)


def _conversations() -> tuple[tuple[Turn, ...], ...]:
    library = {one.name: one for one in load_conversations()}
    left, right = st.columns([3, 2])
    names = left.multiselect(
        "Conversations",
        list(library),
        list(library),
        key="priors-conversations",
        persist_state="session",
        help="The interval is over conversations, so take several; below three there is no verdict.",
    )
    uploaded = upload_field(
        "Add conversations (JSON)",
        place=right,
        type=["json", "jsonl", "ndjson"],
        accept_multiple_files=True,
        key="priors-upload",
        help="One list of {role, content} a file. System turns in it are left out.",
    )
    turns = [library[name].turns for name in names]
    turns += [read_conversation(one.name, content(one)) for one in uploaded or []]
    if not turns:
        raise SettingsError("There is no conversation to read", remedy="Choose or upload one")
    return tuple(turns)
