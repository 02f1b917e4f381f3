"""`replicate`: rows of a model or of its untrained twin; what a row finds is tested with the rows."""

from command_helpers import answer


def test_the_twin_stands_in_for_the_model_and_rows_that_are_not_built_are_told(capsys, tmp_path) -> None:
    out = tmp_path / "report.md"
    for argv, name in (((), "demo"), (("--untrained-twin",), "untrained:demo")):
        document = answer(capsys, "replicate", "--model", "demo", "--rows", "30", "--out", str(out), *argv)
        assert document["model"] == name and [one["verdict"] for one in document["rows"]] == ["not built"]
        assert f"on {name}" in out.read_text(encoding="utf-8")
