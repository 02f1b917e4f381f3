"""The prompt sets that come with the project, by name, and one door for names and paths alike."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.files import path_bytes, read_prompt_bytes, read_prompt_files, read_prompt_path, together
from emotion_core.prompts.layouts import Choice
from emotion_core.prompts.prompt_set import PromptSet

# What each set is, for menus; the README of the folder says how it was made.
BUILTIN: dict[str, str] = {
    "fear-calm": "50 pairs of situations, frightening against calm, without any emotion word",
    "emotions-12": "Twelve core emotions, 40 situations each, topics shared between them",
    "emotions-171": "171 emotion words, 10 situations each",
    "stories-171": "171 emotion words, 16 stories of about 115 words each, topics shared between them",
    "neutral": "Texts without emotion in many registers",
    "confound-arousal": "Excited against quiet, nothing bad: a fear vector must not light up",
    "confound-threat": "Danger described without anyone afraid, against safety: a fear vector must not light up",
    "confound-place": "Unfamiliar against familiar places, both safe: a fear vector must not light up",
    "confound-negative": "Sad, disgusting or unfair without fear, against pleasant: a fear vector must not light up",
}

# Sets whose truth is known, for the model that they were planted in. They lie with the model: their sentences stand in
# its training text, which those of `prompts/` never do.
PLANTED: dict[str, Path] = {"scenes-171": Path(__file__).resolve().parents[2] / "demo_model" / "planted"}

# Contrasts that a fear vector, and most others, must not light up for.
CONFOUND_SETS = ("confound-arousal", "confound-threat", "confound-place", "confound-negative")


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
    return shipped_bytes(path, f"The built-in set {name}")


def shipped_bytes(path: Path, name: str) -> bytes:
    """A file that comes with the project. Raises PromptSetError, with its name in words, where it is missing."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise PromptSetError(
            f"{name} is missing",
            where=str(path),
            expected="a file of that name",
            found=error.strerror or str(error),
            remedy="Restore it from the repository, or do without it",
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


def load_prompt_sets(
    references: Sequence[str | Path], *, seed: int = 0, choice: Choice | None = None, emotions: Sequence[str] = ()
) -> tuple[PromptSet, ...]:
    """Reads built-in sets and files; files that belong together (see `files.together`) make one set.

    Files of one name in different folders are told apart by their folders.

    Args:
        references: Names and paths.
        seed: Draws the held-out rows where a file has no split column.
        choice: The files' column for each of ours, for instance `{"positive": "chosen", "negative": "rejected"}`.
        emotions: A name for the emotion of each set that is read from files, in their order.

    Raises:
        PromptSetError: There is no such set or file, it cannot be used, or the names do not fit the sets.
    """
    names = [str(one) for one in references]
    places = Counter(one if _is_builtin(one) else str(Path(one).absolute()) for one in names)
    twice = [one for one, count in places.items() if count > 1]
    if twice:
        raise PromptSetError("A prompt set is named twice", where=twice[0], remedy="Name it once")
    groups = [[names[i] for i in group] for group in together(names)]
    of_files = [group for group in groups if not _is_builtin(group[0])]
    if (choice or emotions) and not of_files:
        said = f"columns {', '.join(f'{ours}={theirs}' for ours, theirs in choice.items())}" if choice else ""
        raise PromptSetError(
            "Built-in sets have their own columns and emotions",
            where=", ".join(names),
            expected="a file of yours, whose columns and emotion can be named",
            found=said or f"the emotion {', '.join(emotions)}",
            remedy="Leave this out",
        )
    if emotions and len(emotions) != len(of_files):
        raise PromptSetError(
            "The names of emotions do not fit the files",
            where="--emotion",
            expected=f"{len(of_files)}, one for each of " + "; ".join(", ".join(group) for group in of_files),
            found=str(len(emotions)),
            remedy="Repeat --emotion, in the order of the files",
        )
    called = dict(zip([group[0] for group in of_files], emotions, strict=False))
    stems = Counter(_stem(group) for group in of_files)
    sets = []
    for group in groups:
        if _is_builtin(group[0]):
            sets.append(load_prompts(group[0], seed=seed))
            continue
        files = [(one, path_bytes(one)) for one in group if _exists(Path(one)) or _raise_unknown(one)]
        folder = Path(group[0]).resolve().parent.name if stems[_stem(group)] > 1 else ""
        one = read_prompt_files(files, seed=seed, choice=choice, emotion=called.get(group[0], ""), name=folder)
        after = f"Called '{folder}' after its folder, since several files are called {Path(group[0]).name}"
        sets.append(replace(one, dropped=(after, *one.dropped)) if folder else one)
    unclear = [one for one, count in Counter(one.name for one in sets).items() if count > 1]
    if unclear:
        raise PromptSetError(
            "Two prompt sets have the same name", where=unclear[0], remedy="Rename one of the files or their folders"
        )
    return tuple(sets)


def _stem(group: Sequence[str]) -> str:
    return "+".join(Path(one).stem for one in group)


def _is_builtin(reference: str) -> bool:
    return reference in BUILTIN or reference in PLANTED


def _raise_unknown(reference: str) -> bool:
    raise _unknown(reference)


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


def built_in_confounds() -> tuple[PromptSet, ...]:
    """The built-in confound sets, as far as they are there."""
    present = builtin_names(present_only=True)
    return tuple(load_prompts(name) for name in CONFOUND_SETS if name in present)
