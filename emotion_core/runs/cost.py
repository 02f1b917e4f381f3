"""What a run will cost, said before it starts: rough, from the size of the model and of the work."""

from __future__ import annotations

from emotion_core.tracing.activations import ModelInfo

# Measured on two CPU cores: multiply-adds a second when many tokens pass at once, and when one token a row does.
_READ_RATE = 4e10
_WRITE_RATE = 1.5e10
_GPU_GAIN = 60.0
_TOKENS_A_TEXT = 25
_STEP_OVERHEAD = 0.004  # seconds a decoding step, whatever the model
_START = 1.5


def build_seconds(info: ModelInfo, n_texts: int) -> float:
    """Rough seconds to read texts that are not cached and build vectors from them."""
    work = n_texts * _TOKENS_A_TEXT * max(info.parameters, 1)
    return _START + n_texts * 0.004 + work / _rate(info, _READ_RATE)


def sweep_seconds(info: ModelInfo, n_texts: int, new_tokens: int) -> float:
    """Rough seconds to write texts of some length and to read them back without steering."""
    parameters = max(info.parameters, 1)
    writing = n_texts * new_tokens * parameters / _rate(info, _WRITE_RATE)
    reading = n_texts * new_tokens * parameters / _rate(info, _READ_RATE)
    return _START + new_tokens * _STEP_OVERHEAD + writing + reading


def asking_seconds(info: ModelInfo, n_questions: int, tokens: int = 25) -> float:
    """Rough seconds to score the options of so many questions."""
    work = n_questions * tokens * max(info.parameters, 1)
    return _START + n_questions * 0.003 + work / _rate(info, _READ_RATE)


def read_seconds(info: ModelInfo, tokens: int, written: int = 0) -> float:
    """Rough seconds to read so many tokens, and to write some one after the other in two texts at once."""
    parameters = max(info.parameters, 1)
    work = tokens * parameters / _rate(info, _READ_RATE) + 2 * written * parameters / _rate(info, _WRITE_RATE)
    return _START + written * _STEP_OVERHEAD + work


def _rate(info: ModelInfo, cpu_rate: float) -> float:
    return cpu_rate * (_GPU_GAIN if info.device.startswith("cuda") else 1.0)
