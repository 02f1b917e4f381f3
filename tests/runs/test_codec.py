from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pytest

from emotion_core.base.activations import FloatArray, ModelInfo
from emotion_core.base.errors import RunError
from emotion_core.experiments.kinds import EXPERIMENTS
from emotion_core.runs.codec import from_bytes, schema, to_bytes


@dataclass(frozen=True)
class Row:
    text: str
    score: float | None
    side: Literal["a", "b"] = "a"


@dataclass(frozen=True)
class Result:
    model: ModelInfo
    rows: tuple[Row, ...]
    window: tuple[float, float]
    values: FloatArray
    masks: tuple[FloatArray, ...] = ()
    names: dict[str, int] = field(default_factory=dict)
    best: Row | None = None


def example() -> Result:
    rows = (Row("schöne\nZeile", 1.5), Row("", None, "b"))
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    values[0, 0] = np.nan
    return Result(ModelInfo("demo", "f" * 64, 4, 8, 16), rows, (-0.1, 0.2), values, (values,), {"a": 1}, rows[0])


def test_everything_comes_back() -> None:
    original = example()
    back = from_bytes(Result, to_bytes(original))
    assert (back.model, back.rows, back.window, back.names, back.best) == (
        original.model,
        original.rows,
        original.window,
        original.names,
        original.best,
    )
    np.testing.assert_array_equal(back.values, original.values)
    np.testing.assert_array_equal(back.masks[0], original.values)
    assert back.values.dtype == np.float32


def test_a_result_without_arrays() -> None:
    assert from_bytes(Row, to_bytes(Row("x", 2.0))) == Row("x", 2.0)


@pytest.mark.parametrize("cut", [0, 4, 20, -1])
def test_damaged_bytes_are_refused(cut: int) -> None:
    with pytest.raises(RunError):
        from_bytes(Result, to_bytes(example())[:cut])


def test_the_schema_follows_changes_deep_inside() -> None:
    @dataclass(frozen=True)
    class Inner:
        a: int

    @dataclass(frozen=True)
    class Changed:
        a: int
        b: str

    def outer(kind: type) -> type:
        @dataclass(frozen=True)
        class Outer:
            rows: tuple[Row, ...]

        Outer.__annotations__["rows"] = tuple[kind, ...]  # type: ignore[valid-type]
        return Outer

    assert schema(outer(Inner)) == schema(outer(Inner))
    assert schema(outer(Inner)) != schema(outer(Changed))
    assert schema(Result) != schema(Row)


def test_another_type_is_refused() -> None:
    with pytest.raises(RunError, match="Result where a Row"):
        from_bytes(Row, to_bytes(example()))


def test_only_plain_things_can_be_written() -> None:
    with pytest.raises(TypeError, match="cannot hold a set"):
        to_bytes(Row({"x"}, None))  # type: ignore[arg-type]


def test_no_kind_of_run_loses_its_results_when_a_class_moves() -> None:
    for kind, experiment in EXPERIMENTS.items():
        assert "emotion_core" not in schema(experiment.gives), kind
