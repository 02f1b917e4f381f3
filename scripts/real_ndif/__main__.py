"""The real NDIF server on this machine, and every command against it: `python -m scripts.real_ndif --work FOLDER`.

Needs root, Linux, Python 3.12 and `redis-server`; the first call fetches 5 GB into the folder. The server (API, queue,
controller and model actor of the package `ndif`) runs in a network namespace that has loopback alone, because it
listens to everybody and asks nobody for a key. Beside it stand a hub that serves the bundled model and a store for
large answers. Every command runs here and there; printed is a table of differences, requests, bytes and times. With
`--kills N` the model's process or the whole API is then killed N times in the middle of a run, and each run has to end
with the numbers it had without, or to say what is lost and have them when it is started again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

ROOT = Path(__file__).parents[2]
WEIGHTS, MODEL = ROOT / "demo_model/weights", "tiny-org/demo-gpt2"
# nnsight 0.8.1 and transformers 5.23 do not load a model in this server, and with a newer anyio it takes no request
# above 1 MB; what is sent is the same in nnsight 0.8.0 and 0.8.1.
PINS = ("torch==2.13.0", "ndif[api,ray]==0.1.2", "nnsight==0.8.0", "transformers==5.15.1", "anyio==4.9.0")
STORE_PINS = ("moto[s3,server]==5.2.5",)
# Ports of the namespace; ray's workers take those from 10002 on.
HUB, REDIS, STORE, API, RAY, RAY_CLIENT = 7000, 6379, 9000, 8001, 6385, 10001
API_GATE, STORE_GATE = 8101, 9100  # what passes these is counted
KEY = "11111111-2222-3333-4444-555555555555"
INSIDE = "REAL_NDIF_INSIDE"
# Largest difference that is rounding, of numbers up to 1 or of the larger ones' size.
ROUNDING = 1e-3
RUN_SECONDS = 900


@dataclass(frozen=True)
class Case:
    """One command.

    Attributes:
        name: In the table.
        words: Its arguments; `{pair}` and `{many}` are vector files, `{talk}` a conversation.
    """

    name: str
    words: tuple[str, ...]


_PROMPT = ("--prompt", "When I opened the door")
_STEP = "He heard steps behind the door and held his breath. Then the light went out."
CASES = (
    Case("build, one emotion", ("build", "fear-calm", "--out", "{pair}")),
    Case("build, twelve emotions", ("build", "emotions-12", "--out", "{many}")),
    Case("held-out", ("heldout", "{pair}", "fear-calm")),
    Case("read a text", ("read", "{pair}", "--text", _STEP)),
    Case("read a conversation", ("read", "{many}", "--conversation", "{talk}")),
    Case(
        "sweep, sampled, 40 tokens",
        ("sweep", "{pair}", *_PROMPT, "--strengths=-0.2,0.2", "--controls", "8", "--samples", "2"),
    ),
    Case(
        "sweep, greedy, projected out, 3 layers",
        (
            *("sweep", "{pair}", *_PROMPT, "--strengths", "0.5,1", "--controls", "8", "--decoding", "greedy"),
            *("--operation", "project_out", "--scope", "both", "--layers", "2:4"),
        ),
    ),
    Case("next token", ("sweep", "{pair}", *_PROMPT, "--strengths=-0.2,0.2", "--controls", "8", "--next-token")),
    Case(
        "cross-talk",
        (
            *("crosstalk", "{many}", *_PROMPT, "--strength", "0.2", "--emotion", "fear", "--emotion", "joy"),
            *("--controls", "4", "--samples", "2", "--tokens", "20"),
        ),
    ),
    Case(
        "behaviors", ("behaviors", "{pair}", "--strengths", "0.2", "--controls", "4", "--texts", "2", "--samples", "4")
    ),
    Case(
        "preferences",
        ("preferences", "{many}", "--emotion", "fear", "--strength", "0.2", "--opponents", "4", "--controls", "4"),
    ),
    Case(
        "talk, two turns",
        (
            *("talk", "{many}", "--strength", "fear=2", "--message", "How was your day?", "--message", "And now?"),
            *("--tokens", "30"),
        ),
    ),
)
TALK = [
    {"role": "user", "content": "The build failed again, and the customer waits."},
    {"role": "assistant", "content": "Let me look at it once more."},
    {"role": "user", "content": "There are ten minutes left."},
    {"role": "assistant", "content": "I do not know what else to try."},
]


def main() -> int:
    """Installs outside the namespace, where there is a network, and goes on inside it."""
    parser = argparse.ArgumentParser(prog="python -m scripts.real_ndif", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for environments and files, kept between calls"
    )
    parser.add_argument("--python", default="python3.12", help="interpreter of the server")
    parser.add_argument("--only", default="", help="names of commands that hold these words, with commas")
    parser.add_argument("--kills", type=int, default=0, help="how many runs are disturbed")
    parser.add_argument("--seed", type=int, default=0, help="of the kills")
    asked = parser.parse_args()
    asked.work = asked.work.resolve()
    if os.environ.get(INSIDE):
        return measured(asked)
    install(asked.work, asked.python)
    # The processes have a namespace of their own too: all of them end with this one.
    begin = 'ip link set lo up && "$@"; exit $?'
    command = [sys.executable, "-m", "scripts.real_ndif", *sys.argv[1:]]
    enter = [
        "unshare",
        "--net",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "bash",
        "-c",
        begin,
        "bash",
        *command,
    ]
    return subprocess.run(enter, cwd=ROOT, env={**os.environ, INSIDE: "1"}, check=False).returncode


def install(work: Path, python: str) -> None:
    """Two virtual environments, where they are not there yet."""
    if not shutil.which("redis-server"):
        raise SystemExit("redis-server is missing: apt-get install --no-install-recommends redis-server")
    for name, pins in (("server", PINS), ("store", STORE_PINS)):
        done = work / name / "installed"
        if not (done.exists() and done.read_text() == "\n".join(pins)):
            subprocess.run([python, "-m", "venv", str(work / name)], check=True)
            subprocess.run([str(work / name / "bin/pip"), "install", "--quiet", *pins], check=True)
            done.write_text("\n".join(pins))


# ---------------------------------------------------------------- the hub, and what counts


class Hub(BaseHTTPRequestHandler):
    """What transformers and nnsight ask a model hub, for one model."""

    protocol_version = "HTTP/1.1"
    commit = hashlib.sha1(MODEL.encode()).hexdigest()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_HEAD(self) -> None:
        """As GET, without the body."""
        self.do_GET()

    def do_GET(self) -> None:
        """The model's card, the list of its files, and the files."""
        path, files = self.path.split("?")[0], sorted(WEIGHTS.iterdir())
        before = f"/{MODEL}/resolve/"
        if path.startswith(f"/api/models/{MODEL}/tree/"):
            rows = [{"type": "file", "path": f.name, "size": f.stat().st_size, "oid": self.commit} for f in files]
            self._answer(200, json.dumps(rows).encode())
        elif path == f"/api/models/{MODEL}" or path.startswith(f"/api/models/{MODEL}/revision/"):
            card = {
                "_id": self.commit[:24],
                "id": MODEL,
                "modelId": MODEL,
                "sha": self.commit,
                "private": False,
                "gated": False,
                "disabled": False,
                "downloads": 0,
                "likes": 0,
                "pipeline_tag": "text-generation",
                "tags": ["transformers", "text-generation"],
                "library_name": "transformers",
                "siblings": [{"rfilename": f.name} for f in files],
                "safetensors": _parameters(),
            }
            self._answer(200, json.dumps(card).encode())
        elif path.startswith(before) and (WEIGHTS / path.rsplit("/", 1)[1]).is_file():
            name = path.rsplit("/", 1)[1]
            tag = hashlib.sha1(f"{self.commit}{name}".encode()).hexdigest()
            self._answer(200, (WEIGHTS / name).read_bytes(), {"ETag": f'"{tag}"'})
        else:
            self._answer(404, b"{}", {"X-Error-Code": "EntryNotFound" if path.startswith(before) else "RepoNotFound"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"X-Repo-Commit": self.commit, **(headers or {})}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _parameters() -> dict[str, Any]:
    """How many numbers of which format the weights are: what the server plans its memory by."""
    count: Counter[str] = Counter()
    with (WEIGHTS / "model.safetensors").open("rb") as file:
        head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    for key, tensor in head.items():
        if key != "__metadata__":
            count[tensor["dtype"]] += math.prod(tensor["shape"])
    return {"parameters": dict(count), "total": sum(count.values())}


class Gate:
    """Hands connections on to another port, counts what passes, and cuts all of them where it is told to.

    Attributes:
        port: Where it listens.
        requests: Traces that were sent.
        received: Bytes towards the client.
        sent: Bytes from it.
    """

    def __init__(self, port: int, behind: int) -> None:
        self.requests = self.received = self.sent = 0
        self._behind, self._lock = behind, threading.Lock()
        self._left, self._refused = -1, 0
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, after: int, refused: int) -> None:
        """After so many bytes more, in whatever direction, ends every connection and refuses some further ones."""
        with self._lock:
            self._left, self._refused = after, refused

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            with self._lock:
                refused = self._left < 0 < self._refused
                self._refused -= refused
            try:
                if refused:
                    raise ConnectionRefusedError
                server = socket.create_connection(("127.0.0.1", self._behind))
            except OSError:  # as if nobody listened
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            for one, other, inward in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._relay, args=(one, other, inward), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket, inward: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                with self._lock:
                    self.received += inward * len(data)
                    self.sent += (not inward) * len(data)
                    self.requests += data.startswith(b"POST /request")
                    cut = 0 <= self._left <= len(data)
                    if self._left >= 0:
                        data, self._left = data[: self._left], -1 if cut else self._left - len(data)
                target.sendall(data)
                if cut:
                    with self._lock:
                        every = set(self._open)
                    for one in every:
                        _end(one)
        for one in (source, target):
            _end(one)
        with self._lock:
            self._open -= {source, target}


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


# ---------------------------------------------------------------- the server


@dataclass
class Server:
    """The processes of the service."""

    work: Path
    api: subprocess.Popen[bytes] | None = None
    env: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Starts everything; returns when the service is connected."""
        self.env = {
            **os.environ,
            "PATH": f"{self.work}/server/bin:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parent),
            **_hub_settings(self.work / "hub-server"),
            "NDIF_REDIS_URL": f"redis://127.0.0.1:{REDIS}",
            "NDIF_RAY_ADDRESS": f"ray://127.0.0.1:{RAY_CLIENT}",
            "NDIF_OBJECT_STORE_URL": f"http://127.0.0.1:{STORE_GATE}",
            "NDIF_API_PORT": str(API),
            "NDIF_MODEL_IMPORT_PATH": "cpu_actor.OnCPU",
            "NDIF_DEFAULT_DTYPE": "float32",
            "NDIF_STATUS_TTL_S": "5",
            "NDIF_DEFAULT_PADDING_BIAS": "0",
            "NDIF_RAY_TEMP_DIR": f"{self.work}/ray",
            "OMP_NUM_THREADS": "1",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_memory_monitor_refresh_ms": "0",
            "GRPC_ENABLE_FORK_SUPPORT": "0",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", HUB), Hub).serve_forever, daemon=True).start()
        self._run("redis", "redis-server", "--port", str(REDIS), "--bind", "127.0.0.1", "--save", "")
        self._run("store", f"{self.work}/store/bin/moto_server", "-H", "127.0.0.1", "-p", str(STORE))
        _until(lambda: _listens(REDIS) and _listens(STORE), 60)
        shutil.rmtree(self.work / "ray", ignore_errors=True)
        held = json.dumps({"head": 10, "cuda_memory_bytes": 4_000_000_000, "cpu_memory_bytes": 4_000_000_000})
        ray = [
            *("ray", "start", "--head", "--node-ip-address=127.0.0.1", "--num-cpus=4", "--num-gpus=1"),
            *(f"--resources={held}", f"--port={RAY}", f"--ray-client-server-port={RAY_CLIENT}"),
            *("--object-store-memory=200000000", "--include-dashboard=true", "--dashboard-host=127.0.0.1"),
            *("--disable-usage-stats", f"--temp-dir={self.work}/ray"),
        ]
        with (self.work / "log/ray.log").open("wb") as log:
            subprocess.run(ray, env={**self.env, "NDIF_SERVICE": "ray"}, stdout=log, stderr=log, check=True)
        controller = "ndif.services.ray.deployments.controller.controller"
        self._run("controller", "python", "-m", controller, RAY_ADDRESS=f"127.0.0.1:{RAY}", NDIF_SERVICE="ray")
        self.start_api()

    def start_api(self) -> None:
        """The part that takes requests, with the queue; returns when it is connected."""
        config = "python:ndif.services.api.gunicorn_conf"
        command = ["gunicorn", "--config", config, "--bind", f"127.0.0.1:{API}", "ndif.services.api.app:app"]
        self.api = self._run("api", *command, NDIF_SERVICE="api")
        _until(lambda: _get(f"http://127.0.0.1:{API}/connected"), 240)

    def kill_api(self) -> None:
        """Ends it with all its processes, as a power cut would."""
        assert self.api is not None
        os.killpg(self.api.pid, signal.SIGKILL)
        self.api.wait()

    def kill_model(self) -> None:
        """Ends the process that holds the model; ray starts another one."""
        for one in holding_the_model():
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    def _run(self, name: str, *command: str, **settings: str) -> subprocess.Popen[bytes]:
        with (self.work / f"log/{name}.log").open("ab") as log:
            env = {**self.env, **settings}
            return subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=self.work, start_new_session=True)


def holding_the_model() -> list[int]:
    """Processes that hold the model: one, or none while ray starts another."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if one.read_bytes().startswith(b"ray::OnCPU"):
                found.append(int(one.parent.name))
    return found


def _hub_settings(home: Path) -> dict[str, str]:
    return {
        "HF_ENDPOINT": f"http://127.0.0.1:{HUB}",
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
    }


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _get(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _until(true: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"the server did not start within {seconds:.0f} s; its words are in the folder `log`")
        time.sleep(0.5)


# ---------------------------------------------------------------- the commands


@dataclass(frozen=True)
class Ran:
    """What came of a command.

    Attributes:
        status: Of its process.
        numbers: Every number and text of its answer, and of the vector file it wrote, by their place.
        said: The last line that it said besides.
        seconds: From start to end, the interpreter's start included.
    """

    status: int
    numbers: dict[str, Any]
    said: str
    seconds: float


class Bench:
    """Where commands run and keep what they keep."""

    def __init__(self, work: Path) -> None:
        self._work = work
        (work / "talk.json").write_text(json.dumps(TALK))

    def begin(self, case: Case, place: str, data: str) -> subprocess.Popen[str]:
        """Starts a command, here or there; `data` names the folder of what it keeps."""
        folder = self._work / data
        folder.mkdir(parents=True, exist_ok=True)
        made = self._work / ("kept" if case.words[0] == "build" and data != place else "") / place
        made.mkdir(parents=True, exist_ok=True)
        files = {name: str(made / f"{name}.safetensors") for name in ("pair", "many")}
        words = [one.format(talk=self._work / "talk.json", **files) for one in case.words]
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("EMOTION_")},
            "EMOTION_DATA_DIR": str(folder),
            "OMP_NUM_THREADS": "1",
            "NDIF_API_KEY": KEY,
            "NDIF_HOST": f"http://127.0.0.1:{API_GATE}",
            **_hub_settings(self._work / "hub-client"),
        }
        model = "demo" if place == "here" else f"ndif:{MODEL}"
        command = [sys.executable, "-m", "emotion_core", *words, "--model", model, "--json"]
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(self, process: subprocess.Popen[str], case: Case, place: str, began: float, data: str) -> Ran:
        """Waits for a command and takes its answer apart."""
        try:
            out, said = process.communicate(timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, said = process.communicate()
            said += f"\nno end within {RUN_SECONDS} s"
        seconds = time.monotonic() - began
        numbers = dict(leaves(json.loads(out))) if process.returncode == 0 else {}
        if process.returncode == 0 and case.words[0] == "build":
            made = self._work / ("kept" if data != place else "") / place
            for key, tensor in load_file(made / f"{case.words[-1].strip('{}')}.safetensors").items():
                numbers.update({f"{key}[{i}]": float(one) for i, one in enumerate(tensor.reshape(-1))})
        return Ran(process.returncode, numbers, (said.strip().splitlines() or [""])[-1], seconds)

    def run(self, case: Case, place: str, data: str) -> Ran:
        """A command from start to end."""
        began = time.monotonic()
        return self.end(self.begin(case, place, data), case, place, began, data)


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and text of a document, without what names model and files."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in ("model", "fingerprint", "out", "vectors"):
                yield from leaves(one, f"{place}.{key}")
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from leaves(one, f"{place}[{i}]")
    else:
        yield place, value


@dataclass(frozen=True)
class Apart:
    """How far two answers are apart.

    Attributes:
        numbers: How many were compared.
        largest: Difference.
        size: Of the largest number.
        texts: How many were compared.
        others: Places whose text differs, or that only one of them has.
    """

    numbers: int
    largest: float
    size: float
    texts: int
    others: tuple[str, ...]

    @property
    def rounding(self) -> bool:
        """Whether nothing differs but by rounding."""
        return not self.others and self.largest <= ROUNDING * max(1.0, self.size)


def apart(one: dict[str, Any], other: dict[str, Any]) -> Apart:
    """Compares two answers place by place."""
    numbers, texts, largest, size, others = 0, 0, 0.0, 0.0, sorted(one.keys() ^ other.keys())
    for key in one.keys() & other.keys():
        a, b = one[key], other[key]
        if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
            numbers += 1
            largest, size = max(largest, abs(a - b)), max(size, abs(a))
        else:
            texts += 1
            others += [key] if a != b else []
    return Apart(numbers, largest, size, texts, tuple(others))


def measured(asked: argparse.Namespace) -> int:
    """The table, then the kills; returns the exit status."""
    (asked.work / "log").mkdir(parents=True, exist_ok=True)
    for name in ("here", "there", "kept"):
        shutil.rmtree(asked.work / name, ignore_errors=True)
    gates = (Gate(API_GATE, API), Gate(STORE_GATE, STORE))
    server, bench = Server(asked.work), Bench(asked.work)
    began = time.monotonic()
    server.start()
    print(f"The server is there after {time.monotonic() - began:.0f} s.\n", flush=True)
    wanted = [one for one in asked.only.split(",") if one]
    # What other commands read is made in any case.
    cases = [one for one in CASES if one.words[0] == "build" or not wanted or any(w in one.name for w in wanted)]
    print(
        "| command | numbers: largest difference | texts equal | requests | MB received | MB sent | s there | s here |"
    )
    print("|---|---|---|---|---|---|---|---|", flush=True)
    good, undisturbed, usual = True, {}, {}
    for case in cases:
        here = bench.run(case, "here", "here")
        before = [(one.requests, one.received, one.sent) for one in gates]
        there = bench.run(case, "there", "there")
        after = [(one.requests, one.received, one.sent) for one in gates]
        requests, received, sent = (sum(b[k] - a[k] for a, b in zip(before, after, strict=True)) for k in range(3))
        undisturbed[case], usual[case] = there, requests
        if here.status or there.status:
            good = False
            print(f"| {case.name} | failed: {there.said or here.said} | | {requests} | | | | |", flush=True)
            continue
        one = apart(here.numbers, there.numbers)
        good &= one.rounding
        equal = f"{one.texts - len(one.others)} of {one.texts}" + (
            f" ({', '.join(one.others[:3])})" if one.others else ""
        )
        print(
            f"| {case.name} | {one.largest:.1e} of {one.size:.3g}, {one.numbers} numbers | {equal} | {requests} "
            f"| {received / 1e6:.2f} | {sent / 1e6:.2f} | {there.seconds:.1f} | {here.seconds:.1f} |",
            flush=True,
        )
    return int(not (good and (not asked.kills or killed(asked, server, bench, gates[0], undisturbed, usual))))


def killed(
    asked: argparse.Namespace,
    server: Server,
    bench: Bench,
    gate: Gate,
    undisturbed: dict[Case, Ran],
    usual: dict[Case, int],
) -> bool:
    """Disturbs runs and prints what became of each; returns whether every number was right."""
    draw, good = random.Random(asked.seed), True
    # With a folder of its own a run asks for everything anew.
    cases = [one for one in undisturbed if undisturbed[one].status == 0]
    print("\n| command | killed | after requests | the run | its numbers | s |\n|---|---|---|---|---|---|", flush=True)
    for i in range(asked.kills):
        case, data = cases[i % len(cases)], f"kept/{i}"
        victim = draw.choice(("the model's process", "the API"))
        after = draw.randint(1, max(1, usual[case] - 1))  # in the middle: more requests are to follow
        _until(holding_the_model, 240)
        began, before = time.monotonic(), gate.requests
        process = bench.begin(case, "there", data)
        while gate.requests - before < after and process.poll() is None:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 0.3))
        late = process.poll() is not None
        if victim == "the API":
            server.kill_api()
            server.start_api()
        else:
            server.kill_model()
        ran = bench.end(process, case, "there", began, data)
        how = "ended" if ran.status == 0 else f"said: {ran.said}"
        if ran.status:
            ran = bench.run(case, "there", data)
            how += " Started again, it " + ("ended" if ran.status == 0 else f"said: {ran.said}")
        one = apart(undisturbed[case].numbers, ran.numbers)
        right = ran.status == 0 and one.rounding
        good &= right
        words = "right" if right else f"WRONG: {one.largest:.1e}, {', '.join(one.others[:3])}"
        print(
            f"| {case.name} | {victim}{' (too late)' if late else ''} | {after} of about {usual[case]} "
            f"| {how} | {words} | {time.monotonic() - began:.0f} |",
            flush=True,
        )
    return good


if __name__ == "__main__":
    raise SystemExit(main())
