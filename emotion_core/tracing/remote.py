"""Where traces run: here, here after a trip through the serialiser (a dry run), or on NDIF.

NDIF (https://ndif.us) serves models too large for a laptop; nnsight ships the body of a trace to it and brings back
what was saved. A dry run serialises a trace as it would be sent, hides every module that the server does not have, and
runs what comes out of it here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal, ParamSpec, TypeVar

from emotion_core.errors import ModelError
from emotion_core.models.loaded import LoadedModel

P = ParamSpec("P")
R = TypeVar("R")
KEY_VARIABLE = "NDIF_API_KEY"
ATTEMPTS, FIRST_WAIT = 3, 2.0  # seconds; doubled at each attempt
# A request that does not even connect raises one of these; a fault of the trace itself would only fail again.
_PASSING = (
    "ConnectError",
    "ConnectTimeout",
    "ReadTimeout",
    "RemoteProtocolError",
    "ConnectionClosedError",
    "ReadError",
)


@dataclass(frozen=True)
class Remote:
    """Where the traces of a model run.

    Attributes:
        where: `dry run` or `ndif`.
        key: Of the service; kept with the model in memory, never written down.
    """

    where: Literal["dry run", "ndif"]
    key: str = field(default="", repr=False)


def trace_options(model: LoadedModel) -> dict[str, Any]:
    """What a trace of this model has to be opened with besides its inputs."""
    remote = model.remote
    if remote is None:
        return {}
    if remote.where == "dry run":
        return {"remote": "local"}
    from nnsight.intervention.backends.remote import RemoteBackend

    envoy = model.envoy
    # Built by hand, so that the key goes with this request and not into a setting of the whole process.
    return {"backend": RemoteBackend(envoy.to_model_key(), api_key=remote.key, env=envoy._remoteable_get_env())}


def retried(function: Callable[P, R]) -> Callable[P, R]:
    """Tries a function with a trace in it again when the connection failed, and says so when it keeps failing.

    Raises:
        ModelError: The service could not be reached, or refused the trace.
    """

    @wraps(function)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        model = next(one for one in args if isinstance(one, LoadedModel))
        if model.remote is None or model.remote.where == "dry run":
            return function(*args, **kwargs)
        for number in range(1, ATTEMPTS + 1):
            try:
                return function(*args, **kwargs)
            # nnsight raises what its transport raises, and its own RemoteError for what the server answers.
            except Exception as error:
                if number == ATTEMPTS or type(error).__name__ not in _PASSING:
                    raise _refused(model, error, number) from error
            time.sleep(FIRST_WAIT * 2 ** (number - 1))
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


def _refused(model: LoadedModel, error: Exception, attempts: int) -> ModelError:
    lines = str(error).strip().splitlines() or ["no message"]
    return ModelError(
        "The trace could not be run on NDIF",
        where=model.info.name,
        expected="a running model and a valid key",
        found=f"{type(error).__name__} at attempt {attempts}: {lines[-1][:300]}",
        remedy="See `python -m emotion_core ndif` for what is served now, or try again later",
    )
