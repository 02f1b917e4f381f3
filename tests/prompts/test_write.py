from __future__ import annotations

from emotion_core.prompts.files import read_prompt_bytes, to_csv
from emotion_core.prompts.prompt_set import PromptSet, PromptText


def test_pairs_are_written_exactly() -> None:
    prompt_set = read_prompt_bytes(
        "fear.csv", b'positive,negative,topic,split\n"a, b",c,sea,train\n=1+1,"say ""d""",,train\n'
    )
    assert to_csv(prompt_set) == (
        'emotion,positive,negative,topic,split\nfear,"a, b",c,sea,train\nfear,=1+1,"say ""d""",,train\n'
    )


def test_labelled_texts_keep_their_notes() -> None:
    texts = (
        PromptText("a\nb", "joy", "labelled", "sea", "train", None, 1, "why"),
        PromptText("c", "joy", "labelled", "", "heldout", None, 5),
        PromptText("d", "joy", "labelled", "", "train", None, 6),
    )
    prompt_set = PromptSet("mine", "labelled", texts)
    assert to_csv(prompt_set) == (
        'emotion,text,topic,split,note\njoy,"a\nb",sea,train,why\njoy,c,,heldout,\njoy,d,,train,\n'
    )
    again = read_prompt_bytes("x.csv", to_csv(prompt_set).encode())
    assert again.sha256 == prompt_set.sha256
    assert again.texts[0].note == "why"


def test_a_drawn_split_is_written_out() -> None:
    data = ("positive,negative\n" + "".join(f"a{i},b{i}\n" for i in range(10))).encode()
    drawn = read_prompt_bytes("fear.csv", data, seed=7)
    again = read_prompt_bytes("fear.csv", to_csv(drawn).encode(), seed=8)
    assert (again.sha256, again.seed) == (drawn.sha256, None)
