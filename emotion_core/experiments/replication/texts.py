"""What a key holds of the texts of a row."""

from __future__ import annotations

from hashlib import sha256

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.builtin import prompts_folder

_ENDINGS = (".csv", ".json")


def digest_of(names: tuple[str, ...]) -> str:
    """sha256 over the files of some texts: a row that was computed on other texts is another row."""
    whole = sha256()
    for name in names:
        try:
            whole.update(_bytes(name))
        except PromptSetError:  # the row says so when it is run
            whole.update(name.encode())
    return whole.hexdigest()


def _bytes(name: str) -> bytes:
    for ending in _ENDINGS:
        path = prompts_folder() / f"{name}{ending}"
        if path.is_file():
            return path.read_bytes()
    raise PromptSetError(
        "The texts of a row are missing",
        where=str(prompts_folder() / name),
        expected=f"a file {name}.csv or {name}.json",
        found="no such file",
        remedy="Restore it from the repository",
    )
