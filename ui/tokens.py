"""The token strip: text token by token, each coloured by a number or marked as read.

A Streamlit component (version 2). Tokens reach the page as data and are set with `textContent`, so text of a model or
a visitor can never become markup. The whole strip is one stop of the Tab key; the arrow keys go from token to token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from emotion_core.charts.palette import COOL, WARM

FULL_COLOUR = 3.0  # standard deviations at which a token has its full colour

_HTML = """
<div class="strip"></div>
<div class="note" aria-hidden="true"></div>
"""
# Under a coloured strip until a token is pointed at; a tooltip alone is out of reach of a finger and of the keyboard.
_HINT = "Point at a word or tap it, and its number appears here."

_CSS = """
.strip { font-family: "Source Serif Pro", "Source Serif", Georgia, serif; font-size: 1.02rem; line-height: 1.9;
  color: var(--st-text-color); overflow-wrap: anywhere; white-space: pre-wrap; }
.token { border-radius: 3px; padding: 2px 0; cursor: pointer; }
.token:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.token.unread { opacity: 0.68; }
.token.read { border-bottom: 2px solid var(--st-primary-color); }
.token.skipped { opacity: 0.68; font-style: italic; }
.token.special, .token.template { border-radius: 3px; padding: 1px 3px; font-size: 0.86em;
  font-family: var(--st-code-font, monospace); }
.token.special { border: 1px solid var(--st-border-color, currentColor); }
.token.template { border: 1px dashed var(--st-text-color); opacity: 0.75; }
.token.truncated { text-decoration: line-through; opacity: 0.68; }
.note { min-height: 1.5em; font-family: var(--st-font); font-size: 0.86rem; color: var(--st-text-color);
  opacity: 0.85; }
.token.chosen { outline: 2px solid var(--st-text-color); }
"""

_JS = """
const tint = (value, colours) => {
  const size = Math.min(1, Math.abs(value));
  const [r, g, b] = value > 0 ? colours.warm : colours.cool;
  return `rgba(${r}, ${g}, ${b}, ${(0.6 * size).toFixed(3)})`;
};
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const strip = parentElement.querySelector('.strip');
  const note = parentElement.querySelector('.note');
  const held = strip.contains(strip.getRootNode().activeElement);
  note.style.display = data.tokens.some((token) => token.note) ? '' : 'none';
  note.textContent = data.hint;
  strip.replaceChildren();
  strip.setAttribute('role', 'listbox');  // together with its name: without one it is nothing to a screen reader
  strip.setAttribute('aria-orientation', 'horizontal');
  strip.setAttribute('aria-label', data.label);
  const items = [];
  const reach = (index) => {
    const item = items[Math.max(0, Math.min(items.length - 1, index))];
    items.forEach((one) => { one.tabIndex = one === item ? 0 : -1; });
    item.focus();
  };
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, Home: -data.tokens.length,
    End: data.tokens.length };
  data.tokens.forEach((token, index) => {
    const item = document.createElement('span');
    item.className = 'token' + (token.state ? ' ' + token.state : '') + (index === data.chosen ? ' chosen' : '');
    item.textContent = token.text;
    item.title = token.note;
    item.tabIndex = index === Math.max(0, data.chosen) ? 0 : -1;
    item.setAttribute('role', 'option');
    item.setAttribute('aria-selected', String(index === data.chosen));
    item.setAttribute('aria-label', token.text.trim() + (token.note ? ', ' + token.note : ''));
    if (token.value !== null && token.value !== 0) item.style.backgroundColor = tint(token.value, data.colours);
    const choose = () => setTriggerValue('chosen', index);
    item.onclick = choose;
    item.onkeydown = (event) => {
      if (event.key === 'Enter' || event.key === ' ') choose();
      else if (event.key in steps) reach(index + steps[event.key]);
      else return;
      event.preventDefault();
    };
    const tell = () => { note.textContent = token.note ? token.text.trim() + ': ' + token.note : data.hint; };
    item.onmouseenter = tell;
    item.onfocus = tell;
    items.push(item);
    strip.appendChild(item);
  });
  if (held && data.chosen >= 0 && items[data.chosen]) items[data.chosen].focus();
}
"""

_component = st.components.v2.component("emotion_token_strip", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True)
class Token:
    """One token of a strip.

    Attributes:
        text: As the model's tokenizer gives it, spaces included.
        value: Between -1 (cool) and 1 (warm); None for no colour.
        note: The tooltip.
        state: `read`, `unread`, `skipped`, `special`, `template`, `truncated`, or empty.
    """

    text: str
    value: float | None = None
    note: str = ""
    state: str = ""


def shade(deviations: float) -> float:
    """Colour of a token for a number in standard deviations, between -1 and 1."""
    return max(-1.0, min(1.0, deviations / FULL_COLOUR))


def token_strip(
    tokens: Sequence[Token], *, label: str, key: str, chosen: int | None = None, hint: bool = True
) -> int | None:
    """Shows a strip and returns the index of the token that was just clicked, None otherwise.

    Args:
        tokens: The tokens in order.
        label: What the strip is, for screen readers.
        key: Unique on the page.
        chosen: Token to outline.
        hint: Whether a line under the strip says how to see its numbers; one of several strips is enough.
    """
    data = {
        "tokens": [asdict(token) for token in tokens],
        "label": label,
        "chosen": -1 if chosen is None else chosen,
        "hint": _HINT if hint and any(token.value is not None for token in tokens) else "",
        "colours": {"warm": _rgb(WARM), "cool": _rgb(COOL)},
    }
    result = _component(data=data, key=key, on_chosen_change=_ignore)
    return None if result.chosen is None else int(result.chosen)


def _ignore() -> None:
    """Streamlit wants a callback to deliver the trigger; the value is read from the result."""


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
