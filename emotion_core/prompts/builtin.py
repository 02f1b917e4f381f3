"""The prompt sets that come with the project, by name, and one door for names and paths alike."""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.files import read_prompt_bytes, read_prompt_path
from emotion_core.prompts.prompt_set import PromptSet

# What each set is, for menus; the README of the folder says how it was made.
BUILTIN: dict[str, str] = {
    "fear-calm": "50 pairs of situations, frightening against calm, without any emotion word",
    "emotions-12": "Twelve core emotions, 40 situations each, topics shared between them",
    "emotions-171": "171 emotion words, 10 situations each",
    "stories-171": "171 emotion words, 8 stories of about 115 words each, topics shared between them",
    "neutral": "Texts without emotion in many registers",
    "confound-arousal": "Excited against quiet, nothing bad: a fear vector must not light up",
    "confound-threat": "Danger described without anyone afraid, against safety: a fear vector must not light up",
    "confound-place": "Unfamiliar against familiar places, both safe: a fear vector must not light up",
    "confound-negative": "Sad, disgusting or unfair without fear, against pleasant: a fear vector must not light up",
}

# Sets whose truth is known, for the model that they were planted in. They lie with the model: their sentences stand in
# its training text, which those of `prompts/` never do.
PLANTED: dict[str, Path] = {"scenes-171": Path(__file__).resolve().parents[2] / "demo_model" / "planted"}


def prompts_folder() -> Path:
    """The prompt sets inside an installed package, else beside it in a checkout, else `prompts/` in the current folder.

    Raises:
        PromptSetError: There is none of them.
    """
    root = Path(__file__).resolve().parents[2]
    beside = root / "prompts"
    for folder in (root / "emotion_core" / "builtin_prompts", beside, Path.cwd() / "prompts"):
        if folder.is_dir():
            return folder
    raise PromptSetError(
        "The folder of built-in prompt sets is missing",
        where=str(beside),
        expected="the folder prompts/ of the repository",
        found="no such folder",
        remedy="Run from a checkout of the repository",
    )


def builtin_names(*, present_only: bool = False) -> tuple[str, ...]:
    """Names of the built-in sets; on request only those whose file is there."""
    if not present_only:
        return tuple(BUILTIN)
    folder = prompts_folder()
    return tuple(name for name in BUILTIN if (folder / f"{name}.csv").is_file())


def builtin_bytes(name: str) -> bytes:
    """The file of a built-in set, as it lies in the repository.

    Raises:
        PromptSetError: The name is unknown, or its file is missing.
    """
    if name not in BUILTIN and name not in PLANTED:
        raise _unknown(name)
    path = (PLANTED[name] if name in PLANTED else prompts_folder()) / f"{name}.csv"
    try:
        return path.read_bytes()
    except OSError as error:
        raise PromptSetError(
            f"The built-in set {name} is missing",
            where=str(path),
            expected="a file of that name",
            found=error.strerror or str(error),
            remedy="Restore it from the repository, or choose another set",
        ) from error


def builtin_description(name: str) -> str:
    """The first paragraph under the set's heading in prompts/README.md, else the line that menus show.

    Raises:
        PromptSetError: The name is unknown.
    """
    if name not in BUILTIN:
        raise _unknown(name)
    readme = prompts_folder() / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    section = re.search(
        rf"^#+ *`?{re.escape(name)}(?:\.csv)?`?(?![\w-])[^\n]*\n+(.*?)(?=\n\s*\n|\n#|\Z)", text, re.M | re.S
    )
    if section is None or not section.group(1).strip() or section.group(1).startswith("#"):
        return BUILTIN[name] + "."
    return " ".join(section.group(1).split())


def load_prompts(reference: str | Path, *, seed: int = 0) -> PromptSet:
    """Reads a built-in set by its name, or a file by its path. A file called like a set is reached as `./name`.

    Args:
        reference: For instance `fear-calm` or `my/pairs.csv`.
        seed: Draws the held-out rows where a file has no split column.

    Raises:
        PromptSetError: There is no such set or file, or it cannot be used.
    """
    if isinstance(reference, str) and (reference in BUILTIN or reference in PLANTED):
        return _read_builtin(reference, builtin_bytes(reference), seed)
    if not _exists(Path(reference)):
        raise _unknown(str(reference))
    return read_prompt_path(reference, seed=seed)


@cache
def _read_builtin(name: str, data: bytes, seed: int) -> PromptSet:
    """Remembered by content, since every page asks for the same few sets."""
    return read_prompt_bytes(f"{name}.csv", data, seed=seed)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        # A name too long for the file system, or with a NUL in it.
        return False


def _unknown(reference: str) -> PromptSetError:
    near = difflib.get_close_matches(reference, BUILTIN, n=1)
    return PromptSetError(
        "There is no such prompt set or file",
        where=reference[:200],
        expected="a path, or one of " + ", ".join(BUILTIN),
        found="neither",
        remedy=f"Did you mean {near[0]}" if near else "Check the spelling or the path",
    )
