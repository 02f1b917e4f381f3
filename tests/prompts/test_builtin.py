from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts import builtin
from emotion_core.prompts.builtin import BUILTIN, builtin_bytes, builtin_description, builtin_names, load_prompts
from emotion_core.prompts.checks import check
from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.prompts.prompt_set import n_units
from emotion_core.prompts.write import to_csv

PRESENT = builtin_names(present_only=True)


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
