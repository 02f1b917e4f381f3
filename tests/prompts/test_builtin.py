from __future__ import annotations

import re
from pathlib import Path

import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts import builtin
from emotion_core.prompts.builtin import (
    BUILTIN,
    builtin_bytes,
    builtin_description,
    builtin_names,
    load_prompt_sets,
    load_prompts,
)
from emotion_core.prompts.checks import check
from emotion_core.prompts.files import read_prompt_bytes, to_csv
from emotion_core.prompts.lexicon import find_emotion_words
from emotion_core.prompts.prompt_set import n_units

PRESENT = builtin_names(present_only=True)
# Pieces of direct speech in each plain story of a topic: the same for all words, so that it says nothing of them.
SPEECH = {
    "kitchen": 0,
    "workplace": 0,
    "journey": 1,
    "visit": 2,
    "message": 0,
    "street": 0,
    "garden": 1,
    "waiting room": 0,
}


def test_the_names_of_the_product() -> None:
    assert set(BUILTIN) == {
        *("fear-calm", "emotions-12", "emotions-171", "stories-171", "neutral"),
        *("confound-arousal", "confound-threat", "confound-place", "confound-negative"),
    }
    assert set(PRESENT) <= set(BUILTIN)
    assert "fear-calm" in PRESENT


@pytest.mark.parametrize("name", PRESENT)
def test_every_set_passes_the_checker_without_errors(name: str) -> None:
    prompt_set = load_prompts(name)
    assert prompt_set.name == name
    assert prompt_set.dropped == ()
    assert [finding for finding in check(prompt_set) if finding.severity == "error"] == []


@pytest.mark.parametrize("name", PRESENT)
def test_uploading_a_copy_gives_the_same_set(name: str) -> None:
    prompt_set = load_prompts(name)
    assert read_prompt_bytes(f"{name}.csv", builtin_bytes(name)).sha256 == prompt_set.sha256
    assert read_prompt_bytes("copy.csv", to_csv(prompt_set).encode()).sha256 == prompt_set.sha256


def test_fear_calm_has_40_and_10_pairs() -> None:
    fear = load_prompts("fear-calm")
    assert (n_units(fear.part("train")), n_units(fear.part("heldout"))) == (40, 10)


def test_plain_stories_of_a_topic_differ_in_their_emotion_and_not_in_their_form() -> None:
    stories = load_prompts("stories-171").texts
    assert len({(t.emotion, t.topic, t.note) for t in stories}) == len(stories) == 171 * 8 * 2
    assert {t.topic for t in stories if t.split == "heldout"} == {"visit", "garden"}
    assert [t.text for t in stories if t.note == "plain" and t.text.count('"') != 2 * SPEECH[t.topic]] == []
    assert all(80 <= len(t.text.split()) <= 125 for t in stories)
    assert [word for t in stories for word in find_emotion_words(t.text) if word.certain] == []
    seen: dict[tuple[str, ...], str] = {}
    for text in (t.text for t in stories):
        words = re.findall("[a-z']+", text.lower())
        for run in zip(*(words[k:] for k in range(7)), strict=False):
            assert seen.setdefault(run, text) == text, run


def test_a_missing_set_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "prompts_folder", lambda: tmp_path)
    with pytest.raises(PromptSetError, match="The built-in set neutral is missing"):
        load_prompts("neutral")
    assert builtin_names(present_only=True) == ()
    assert builtin_description("neutral") == BUILTIN["neutral"] + "."


def test_no_folder_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PromptSetError, match="folder of built-in prompt sets is missing"):
        builtin_bytes("neutral")
    (tmp_path / "prompts").mkdir()
    assert builtin.prompts_folder() == tmp_path / "prompts"


@pytest.mark.parametrize("reference", ["fear-clam", "no/such.csv", "x" * 5000, "a\0b"])
def test_unknown_references_name_the_built_in_sets(reference: str) -> None:
    with pytest.raises(PromptSetError, match="emotions-171"):
        load_prompts(reference)


def test_a_close_miss_gets_a_suggestion() -> None:
    with pytest.raises(PromptSetError, match="Did you mean fear-calm"):
        load_prompts("fear-clam")


def test_a_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("positive,negative\n" + "".join(f"a{i},b{i}\n" for i in range(10)), encoding="utf-8")
    assert load_prompts(str(path), seed=4).seed == 4


README = (
    "# Prompts\n\nAbout.\n\n## `fear-calm`\n\nForty pairs\nand ten.\n\nMore.\n\n## neutral\n\nPlain.\n## emotions-12\n"
)


def test_descriptions_are_the_paragraph_of_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    monkeypatch.setattr(builtin, "prompts_folder", lambda: tmp_path)
    assert builtin_description("fear-calm") == "Forty pairs and ten."
    assert builtin_description("neutral") == "Plain."
    assert builtin_description("emotions-12") == BUILTIN["emotions-12"] + "."
    with pytest.raises(PromptSetError):
        builtin_description("fear")


PAIRS = "positive,negative\n" + "".join(f"The lamp {i} goes out.,The lamp {i} is lit.\n" for i in range(6))
OTHER = PAIRS.replace("lamp", "door")


def written(folder: Path, **files: str) -> list[str]:
    """Files by `folder__name`; their paths."""
    paths = [folder / name.replace("__", "/").replace("_csv", ".csv").replace("_txt", ".txt") for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [str(path) for path in paths]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    sets = load_prompt_sets(written(tmp_path, fear__pairs_csv=PAIRS, anger__pairs_csv=OTHER))
    assert [one.name for one in sets] == ["fear", "anger"]
    assert [one.emotions for one in sets] == [("fear",), ("anger",)]
    assert sets[0].texts[0].text == "The lamp 0 goes out."
    assert sets[0].dropped == ("Called 'fear' after its folder, since several files are called pairs.csv",)
    with pytest.raises(PromptSetError, match="named twice"):
        load_prompt_sets([str(tmp_path / "fear/pairs.csv"), f"{tmp_path}/fear/./pairs.csv"])


def test_a_set_under_another_name_says_that_name() -> None:
    second = read_prompt_bytes("pairs.csv", PAIRS.encode()).renamed("pairs (2)")
    assert second.emotions == ("pairs (2)",)
    assert [line for line in second.dropped if "after the file" in line] == [
        "The emotion is called 'pairs (2)' after the file; name it (on the command line: --emotion NAME)"
    ]


def test_a_file_that_is_called_like_a_set_is_reached_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PromptSetError, match="no such prompt set or file"):
        load_prompt_sets(["./fear-calm"])
    (tmp_path / "neutral").mkdir()
    written(tmp_path, neutral__pairs_csv=PAIRS)
    assert load_prompt_sets(["neutral/pairs.csv", "fear-calm"])[0].emotions == ("pairs",)


def test_emotions_are_named_in_the_order_of_the_files(tmp_path: Path) -> None:
    files = written(tmp_path, a__train_csv=PAIRS, b__train_csv=OTHER)
    sets = load_prompt_sets([files[0], "fear-calm", files[1]], emotions=["dread", "rage"])
    assert [one.emotions for one in sets] == [("dread",), ("fear",), ("rage",)]
    with pytest.raises(PromptSetError, match=r"Expected: 2, one for each of .*a/train\.csv; .*Repeat --emotion"):
        load_prompt_sets(files, emotions=["dread"])


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"choice": {"positive": "nope"}}, "columns positive=nope"),
        ({"emotions": ["dread"]}, "the emotion dread"),
    ],
)
def test_a_built_in_set_says_itself_what_is_in_it(asked: dict, found: str) -> None:
    with pytest.raises(PromptSetError, match=rf"own columns and emotions \(fear-calm\).*{found}\. Leave this out"):
        load_prompt_sets(["fear-calm"], **asked)


def test_sides_and_splits_in_files_of_their_own(tmp_path: Path) -> None:
    sides = written(tmp_path, x__pos_txt="It is dark.\nIt is cold.", x__neg_txt="It is light.\nIt is warm.")
    (found,) = load_prompt_sets(sides, emotions=["fear"])
    assert [t.text for t in found.texts] == ["It is dark.", "It is light.", "It is cold.", "It is warm."]
    (parts,) = load_prompt_sets(written(tmp_path, y__fear_train_csv=PAIRS, y__fear_dev_csv=OTHER))
    assert parts.emotions == ("fear",)
    assert {t.text.split()[1]: t.split for t in parts.texts} == {"lamp": "train", "door": "heldout"}
