"""One request to NDIF: sent by nnsight, waited for with a time limit, a state in words and a way to give up.

nnsight's own waiting has no end, holds its thread until the service answers, and tells nobody how far the request is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnsight.intervention.backends.display import StatusDisplay
from nnsight.intervention.backends.remote import RemoteBackend

from emotion_core.base.errors import JobCancelled
from emotion_core.base.later import torch

CONNECT_SECONDS = 10.0
LOOK_EVERY = 0.2  # seconds between two looks at the clock and at a cancel
# The service's words for where a request is, in ours.
STATES = {
    "RECEIVED": "received",
    "QUEUED": "in line",
    "PROVISIONING": "getting a machine",
    "DEPLOYING": "the model is being loaded",
    "DISPATCHED": "handed to the model",
    "RUNNING": "running",
    "COMPLETED": "fetching the numbers",
}


class RequestTimeoutError(Exception):
    """The service took longer than the limit."""


def detached(value: Any) -> Any:
    """The same without gradients: whether they are on is up to the service, `inference_mode` does not travel."""
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, dict):
        return {key: detached(one) for key, one in value.items()}
    return type(value)(detached(one) for one in value) if type(value) in (list, tuple) else value


@dataclass
class Waiting:
    """What the thread that waits and the threads that look on share.

    Attributes:
        state: Where the request is, in words; empty while there is none.
        since: `time.monotonic()` of when it was sent.
        answered: Whether the service was there before, so that it is worth waiting for.
        cancelled: Whether somebody asked for the end of the job that waits.
    """

    state: str = ""
    since: float = 0.0
    answered: bool = False
    cancelled: Callable[[], bool] = lambda: False

    def describe(self) -> str:
        """Such as "NDIF: in line (12 s)"; empty while nothing is waited for."""
        state = self.state
        return f"NDIF: {state} ({time.monotonic() - self.since:.0f} s)" if state else ""


class Request(RemoteBackend):  # type: ignore[misc]
    """nnsight's blocking request, with a time limit, a visible state and cancelling.

    Args:
        model_key: nnsight's name of the model.
        key: Of the service.
        env: What the service has to apply to the model first.
        seconds: Limit from sending to the answer.
        waiting: Where the state is noted down.
    """

    def __init__(self, model_key: str, key: str, env: dict[str, Any], seconds: float, waiting: Waiting) -> None:
        super().__init__(model_key, api_key=key, env=env)
        self.display = StatusDisplay(enabled=False)  # the run panel shows the state
        self._seconds, self._waiting = seconds, waiting

    def request(self, request: Any, tracer: Any) -> Any:
        """Sends the trace and waits for its numbers.

        Raises:
            JobCancelled: Somebody cancelled the job meanwhile.
            RequestTimeoutError: There was no answer within the limit.
        """
        self._waiting.since, self._waiting.state = time.monotonic(), "connecting"
        try:
            return detached(self._sent(request, tracer))
        finally:
            self._waiting.state = ""

    def _sent(self, request: Any, tracer: Any) -> Any:
        import websocket  # only needed where something is sent

        blob = self._serialize(tracer)
        header = {"ndif-api-key": self.api_key}
        # Subscribed before sending, so that no update is missed.
        connection = websocket.create_connection(f"{self.ws_host}/subscribe", timeout=CONNECT_SECONDS, header=header)
        try:
            request.session_id = json.loads(connection.recv())["session_id"]
            self._waiting.answered, self._waiting.state = True, "sending"
            self.send(request, blob)
            connection.settimeout(LOOK_EVERY)
            while True:
                if self._waiting.cancelled():
                    raise JobCancelled("The job was cancelled", remedy="What was read before is kept; start it again")
                if time.monotonic() - self._waiting.since > self._seconds:
                    raise RequestTimeoutError(f"no answer within {self._seconds:.0f} s")
                try:
                    message = connection.recv()
                except websocket.WebSocketTimeoutException:
                    continue
                response = self.parse(message)
                result = self.handle(response)
                if response.status.value == "COMPLETED":
                    return result
        finally:
            connection.close()

    def note(self, response: Any) -> bool:
        """Notes the state down, then does what nnsight does with it."""
        self._waiting.state = STATES.get(response.status.value, self._waiting.state)
        return bool(super().note(response))
