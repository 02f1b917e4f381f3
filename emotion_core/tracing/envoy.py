"""nnsight's view of a loaded model, and where its traces run: here, in a dry run, or on NDIF.

nnsight is imported in this folder and nowhere else, by the functions that trace: with transformers it takes a second,
and pages are drawn without it.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce, wraps
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from emotion_core.base.errors import JobCancelled, ModelError
from emotion_core.base.jobs import Pass, pace
from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel

if TYPE_CHECKING:
    from emotion_core.tracing.ndif_request import Waiting


def envoy_of(model: LoadedModel) -> Any:
    """The nnsight wrapper of a model, made once and kept with it."""
    if model.envoy is None:
        from nnsight import TransformersModel  # a second of import that pages without a model do not need

        model.envoy = TransformersModel(model.module, task="text-generation", tokenizer=model.tokenizer)
    return model.envoy


@contextmanager
def timed(model: LoadedModel, kind: Pass, tokens: int) -> Iterator[None]:
    """Notes what a pass through a model takes; weights and libraries that it is the first to need are there before."""
    envoy_of(model)
    with pace().measured(kind, model.info, tokens):
        yield


def blocks_of(model: LoadedModel) -> Any:
    """The envoys of the blocks, in forward order."""
    return reduce(getattr, model.layers_path.split("."), envoy_of(model))


def stream(output: Any, copy: int | None) -> Any:
    """The residual stream in a block's output or input, as it is steered: a view, [rows, tokens, (copies,) width].

    Most blocks of transformers 5 return a tensor [rows, tokens, width]; GPT-Neo, GPT-J, BLOOM, Falcon and MPT return
    a tuple that begins with it, the first GPT a list. Indexing a tensor with [0] would be its first row: the classic
    silent mistake. Some models carry the stream in several copies. Of Gemma 3n's [copies, rows, tokens, width] this is
    the copy that its blocks compute on; of hyper-connections' [rows, tokens, copies, width] it is all of them. `copy`
    is that of the loaded model, which is not handed over itself: what a trace names is sent along to NDIF.
    """
    tensor = output[0] if isinstance(output, (tuple, list)) else output
    return tensor[copy] if copy is not None and tensor.dim() == 4 else tensor


def read_stream(output: Any, copy: int | None) -> Any:
    """The residual stream as it is read, [rows, tokens, width]: the mean where it is carried in several copies."""
    tensor = stream(output, copy)
    return tensor.mean(2) if tensor.dim() == 4 else tensor


def along(hidden: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """Projections, float32 [rows, tokens, directions], of a stream on directions; on the device of the block."""
    return hidden.float() @ matrix.to(hidden.device).T


def cut(values: torch.Tensor, spans: Sequence[tuple[int, int]]) -> torch.Tensor:
    """Of [rows, tokens, ...] the tokens [start, end) of each row, one row after the other: [tokens of all rows, ...].

    In a trace, so that what texts were filled up with does not travel.
    """
    return torch.cat([values[row, start:end] for row, (start, end) in enumerate(spans)])


def keeps_logits(model: LoadedModel) -> bool:
    """Whether the model's class can be told at which positions it makes logits, which spares the output layer."""
    return "logits_to_keep" in inspect.signature(model.module.forward).parameters


def stacked(tensors: Sequence[torch.Tensor], dim: int) -> torch.Tensor:
    """What was saved at several blocks as one tensor in this machine's memory: blocks may lie on several devices."""
    return torch.stack([tensor.cpu() for tensor in tensors], dim=dim)


# Where traces run: here, here after a trip through the serialiser (a dry run), or on NDIF.
#
# NDIF (https://ndif.us) serves models too large for a laptop; nnsight ships the body of a trace to it and brings back
# what was saved. A dry run serialises a trace as it would be sent, hides every module that the server does not have,
# and runs what comes out of it here.

P = ParamSpec("P")
R = TypeVar("R")
KEY_VARIABLE = "NDIF_API_KEY"
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0  # seconds; doubled at each attempt
# A connection that never was there is down after three times; a service that is busy, restarts, or was lost in the
# middle of a run takes a minute or two to come back.
ATTEMPTS, PATIENT_ATTEMPTS = 3, 8
REQUEST_SECONDS = 600.0
# Answers after which the same request may work: too many of them, and a service that is down or restarts.
_BUSY = (408, 429, 500, 502, 503, 504)
# How the service words that it gave a request up which may work a moment later, such as when a replica restarts.
_LATER = ("try again later", "was evicted")


def _waiting() -> Waiting:
    from emotion_core.tracing.ndif_request import Waiting  # brings nnsight along

    return Waiting()


@dataclass(frozen=True)
class Remote:
    """Where the traces of a model run.

    Attributes:
        where: `dry run` or `ndif`.
        key: Of the service; kept with the model in memory, never written down.
        seconds: Limit of one request.
        waiting: State of the request that is under way.
        model_key: nnsight's name of the model, looked up once: that asks the hub.
        why_not: What was wrong when the model was opened, so that nothing may be sent; None where all was well.
    """

    where: Literal["dry run", "ndif"]
    key: str = field(default="", repr=False)
    seconds: float = REQUEST_SECONDS
    waiting: Waiting = field(default_factory=_waiting, repr=False, compare=False)
    model_key: str = ""
    why_not: ModelError | None = field(default=None, repr=False, compare=False)


def trace_options(model: LoadedModel) -> dict[str, Any]:
    """What a trace of this model has to be opened with besides its inputs."""
    remote = model.remote
    if remote is None:
        return {}
    if remote.where == "dry run":
        return {"remote": "local"}
    if remote.why_not:
        raise remote.why_not
    from emotion_core.tracing.ndif_request import Request

    # Built by hand, so that the key goes with this request and not into a setting of the whole process.
    env = model.envoy._remoteable_get_env()
    return {"backend": Request(remote.model_key, remote.key, env, remote.seconds, remote.waiting)}


def retried(function: Callable[P, R]) -> Callable[P, R]:
    """Tries a function with a trace in it again when the connection failed, and says so when it keeps failing.

    Raises:
        ModelError: The service could not be reached, took too long, or refused the trace.
        JobCancelled: The job was cancelled while it waited.
    """

    @wraps(function)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        model = next(one for one in args if isinstance(one, LoadedModel))
        if model.remote is None or model.remote.where == "dry run":
            return function(*args, **kwargs)
        for number in count(1):
            try:
                return function(*args, **kwargs)
            except (JobCancelled, ModelError):
                raise
            # nnsight raises what its transport raises, and its own RemoteError for what the server answers.
            except Exception as error:
                most = PATIENT_ATTEMPTS if comes_back(error) or model.remote.waiting.answered else ATTEMPTS
                if number >= most or not passing(error):
                    raise _refused(model, error, number) from error
                what = "the service is busy or restarts" if comes_back(error) else "no connection"
            state = f"{what}, attempt {number + 1} of {most}"
            _pause(model.remote, min(LONGEST_WAIT, FIRST_WAIT * 2 ** (number - 1)), state)
        raise AssertionError("unreachable")

    return attempt


def key_of_the_session() -> str:
    """The key that this process was started with.

    Raises:
        ModelError: There is none.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        raise ModelError(
            "Models on NDIF need a key",
            expected=f"the environment variable {KEY_VARIABLE}",
            found="nothing",
            remedy="Get a key at https://login.ndif.us and start the program with it",
        )
    return key


def service() -> str:
    """The address that requests go to: nnsight's, which follows `NDIF_HOST`."""
    from nnsight import CONFIG

    return str(CONFIG.API.HOST)


def passing(error: BaseException) -> bool:
    """Whether a request that failed like this may work a moment later; a fault of the trace would only fail again."""
    from httpx import TransportError
    from websocket import WebSocketException

    if comes_back(error):
        return True
    if _status(error) is not None:
        return False
    if isinstance(error, OSError | TransportError | WebSocketException):
        return True
    # nnsight turns what goes wrong in sending into an error of its own, and keeps the first one behind it.
    return type(error).__name__ == "RemoteError" and error.__cause__ is not None and passing(error.__cause__)


def comes_back(error: BaseException) -> bool:
    """Whether the service itself answered that it is busy or restarts."""
    status = _status(error)
    if status is not None:
        return status in _BUSY
    if type(error).__name__ != "RemoteError":
        return False
    if error.__cause__ is not None:
        return comes_back(error.__cause__)
    return any(words in str(error).lower() for words in _LATER)


def _status(error: BaseException) -> int | None:
    from httpx import HTTPStatusError
    from websocket import WebSocketBadStatusException

    if isinstance(error, WebSocketBadStatusException):
        return int(error.status_code)
    return error.response.status_code if isinstance(error, HTTPStatusError) else None


def _pause(remote: Remote, seconds: float, state: str) -> None:
    """Waits before the next attempt, visibly, unless the job is cancelled."""
    remote.waiting.since = time.monotonic()
    remote.waiting.state = f"{state} in {seconds:.0f} s"
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if remote.waiting.cancelled():
                raise JobCancelled("The job was cancelled", remedy="What was read before is kept; start it again")
            time.sleep(min(0.2, seconds))
    finally:
        remote.waiting.state = ""


def _refused(model: LoadedModel, error: Exception, attempts: int) -> ModelError:
    said = f"{type(error).__name__}: {useful_words(str(error))}"
    if model.remote.key:
        said = said.replace(model.remote.key, "***")  # before it is cut: half a key is too much as well
    said = said[:300]
    if passing(error):
        what, expected = "NDIF cannot be reached", f"an answer of {service()}"
        remedy = "What was read is kept; try again later, or see https://ndif.us for the state of the service"
    elif type(error).__name__ == "RequestTimeoutError":
        what, expected = "NDIF did not answer in time", f"the numbers within {model.remote.seconds:.0f} s"
        remedy = "Try again later, or take a model that is running (`python -m emotion_core ndif` lists them)"
    else:
        what, expected = "The trace could not be run on NDIF", "a running model and a trace that fits it"
        remedy = "See `python -m emotion_core ndif` for what is served now"
        if _status(error.__cause__ or error) in (400, 401, 403):
            expected, remedy = "a valid key", "Check the key (https://login.ndif.us)"
    tried = f", after {attempts} attempts" if attempts > 1 else ""
    return ModelError(what, where=model.info.name, expected=expected, found=said + tried, remedy=remedy)


def useful_words(message: str) -> str:
    """What a person can use of a server's message: the end of a traceback, and what is said before one."""
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    if not lines:
        return "no message"
    if len(lines) == 1 or lines[0].startswith("Traceback"):
        return lines[-1]
    return f"{lines[0]} ... {lines[-1]}"
