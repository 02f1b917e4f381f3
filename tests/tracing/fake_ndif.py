"""A stand-in for the service, to be run outside this repository: `python -I fake_ndif.py MODEL_FOLDER PORT KEY`.

It speaks what nnsight 0.8.1 speaks (`/status`, `/subscribe`, `/request`) and runs the traces on a model of its own.
That it behaves like the real service is an assumption; that this project's code is not here is not.

The model's answer depends on the key of the request: `KEY` works, `KEY-slow` is never answered, `KEY-busy` is told
twice that there is too much to do, `KEY-restart` twice in the real server's words that the model's process is gone,
`KEY-faulty` that the model cannot be deployed, any other is refused. `/replies` gives the sizes of all answers.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import types

import cloudpickle.cloudpickle
import torch
import uvicorn
from nnsight import TransformersModel
from nnsight.schema.request import RequestModel
from nnsight.schema.response import ResponseModel
from nnsight.tracing.tracer import _saves, dec, inc
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.activations import NewGELUActivation

FOLDER, PORT, KEY = sys.argv[1], int(sys.argv[2]), sys.argv[3]
tokenizer = AutoTokenizer.from_pretrained(FOLDER, trust_remote_code=False)
module = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32, trust_remote_code=False)
for parent in list(module.modules()):
    for name, one in parent.named_children():
        if isinstance(one, NewGELUActivation):  # written out it takes as long as everything else together
            setattr(parent, name, torch.nn.GELU(approximate="tanh"))
model = TransformersModel(module, task="text-generation", tokenizer=tokenizer)
sockets: dict[str, asyncio.Queue] = {}
refusals = {f"{KEY}-busy": 2}
restarts = {f"{KEY}-restart": 2}
replies: list[int] = []
AGAIN = "Error submitting request to model deployment. Please try again later."
FAULTY = 'Could not deploy this model.\nTraceback (most recent call last):\n  File "x.py"\nTypeError: no such thing'


def another_python(*_args, **_named):
    raise TypeError("this came as bytecode, which another version of Python cannot run")


def of_bytecode(code, scope, name, argdefs, closure):
    """Stands for a function without a source, which travels as bytecode: there, and not to be called."""
    refused = another_python.__code__.replace(co_freevars=code.co_freevars)
    return types.FunctionType(refused, scope, name, argdefs, closure)


# The real server runs another version of Python than its clients may.
cloudpickle.cloudpickle._make_function = of_bytecode


async def status(request):
    one = {"repo_id": FOLDER, "application_state": "RUNNING", "deployment_level": "HOT", "task": "text-generation"}
    one |= {"dtype": "torch.float32", "revision": "main", "trusted": False}
    other_task = {**one, "repo_id": "x/embeds", "task": "feature-extraction"}
    on_disk = {key: value for key, value in one.items() if key != "deployment_level"} | {"repo_id": "x/cold"}
    return JSONResponse({"deployments": {"a": one, "b": other_task, "c": on_disk}})


async def sizes(request):
    return JSONResponse(replies)


async def subscribe(socket):
    await socket.accept()
    number = str(len(sockets))
    sockets[number] = asyncio.Queue()
    await socket.send_text(json.dumps({"session_id": number}))
    while True:
        message = await sockets[number].get()
        await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message))


async def request(request):
    key = request.headers.get("ndif-api-key", "")
    if not key.startswith(KEY):
        return JSONResponse({"detail": "Invalid API key"}, status_code=401)
    if refusals.get(key):
        refusals[key] -= 1
        return JSONResponse({"detail": "Too many requests"}, status_code=429)
    form = await request.form()
    envelope = RequestModel.model_validate_json(form["data"])
    asyncio.get_running_loop().create_task(answer(envelope, await form["blob"].read(), key))
    return JSONResponse(ResponseModel(id="1", status="RECEIVED").model_dump(mode="json"))


async def answer(envelope, blob: bytes, key: str) -> None:
    queue = sockets[envelope.session_id]
    await queue.put(ResponseModel(id="1", status="QUEUED").model_dump_json())
    if key == f"{KEY}-slow":
        return
    await queue.put(ResponseModel(id="1", status="LOG", description="a line of the trace").model_dump_json())
    if restarts.get(key) or key == f"{KEY}-faulty":
        restarts[key] = restarts.get(key, 0) - 1
        said = FAULTY if key.endswith("faulty") else AGAIN
        await queue.put(ResponseModel(id="1", status="ERROR", description=said).model_dump_json())
        return
    try:
        found = run(envelope, blob)
    except Exception as error:  # noqa: BLE001
        failed = ResponseModel(id="1", status="ERROR", description=f"{type(error).__name__}: {error}")
        await queue.put(failed.model_dump_json())
        return
    await queue.put(ResponseModel(id="1", status="COMPLETED", data=found).pickle())


def run(envelope, blob: bytes) -> bytes:
    assert not any(name.split(".")[0] == "emotion_core" for name in sys.modules), "the project was found"
    tracer = RequestModel.deserialize(blob, model._remoteable_persistent_objects(), envelope.compress)
    frame = tracer.info.frame
    inc()
    try:
        tracer.execute(tracer.info.code)
        saves = _saves()
        saved = {name: value for name, value in frame.f_locals.items() if id(value) in saves}
    finally:
        dec()
    buffer = io.BytesIO()
    torch.save(saved, buffer)
    content = buffer.getvalue()
    replies.append(len(content))
    if envelope.compress:
        import zstandard

        content = zstandard.ZstdCompressor().compress(content)
    return content


routes = [
    Route("/status", status),
    Route("/replies", sizes),
    Route("/request", request, methods=["POST"]),
    WebSocketRoute("/subscribe", subscribe),
]
uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=PORT, log_level="warning")
