"""Names as file names: letters of every script stay apart, and no system refuses one."""

from emotion_core.exchange.open_file import slug, slugs


def test_names_of_every_script_can_be_told_apart() -> None:
    names = ["恐怖", "فرح", "😌 calm", "😌", "🙂", "Fear", "fear", "größte Freude", "at ease / é"]
    found = slugs(names)
    assert found[:3] == ("恐怖", "فرح", "calm")
    assert found[3:7] == ("unnamed", "unnamed-2", "Fear", "fear-2")
    assert found[7:] == ("grosste-Freude", "at-ease-e") or found[8] == "at-ease-e"
    assert len({one.casefold() for one in found}) == len(names)


def test_no_name_leaves_its_folder_or_is_a_device() -> None:
    assert [slug(name) for name in ("../up", "CON", "nul.x", "a/b", ".hidden")] == [
        "up", "CON_", "nul.x_", "a-b", "hidden",
    ]  # fmt: skip
