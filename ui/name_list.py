"""Several names in one value of a link: divided by commas, with the commas that belong to a name escaped."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote


def names_to_text(names: Iterable[str]) -> str:
    """The names with a comma between them; ordinary names look as they are."""
    return ",".join(name.replace("%", "%25").replace(",", "%2C") for name in names)


def names_of_text(text: str) -> list[str]:
    """The names again, in their order."""
    return [unquote(name) for name in text.split(",")] if text else []
