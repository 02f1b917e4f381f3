"""Train the demo model: ``python -m demo_model.train --run main --minutes 60``.

A run is a folder under ``.train/runs``. Killed, it goes on from its last checkpoint with the very same batches.
``--decay-steps N`` starts from the run's last checkpoint, lets the learning rate fall to zero over N steps and ends;
the checkpoint from before the fall stays, so that training can go on from it. ``--export`` writes the weights.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from demo_model import optimizers, paths, truth
from demo_model.network import Network, Shape
from demo_model.sampler import Sampler
from demo_model.shards import Shard
from demo_model.workers import Worker, start


@dataclass(frozen=True)
class Plan:
    """How to train. Rows and times are tokens; ``long_every``: each so many steps take rows of twice the length."""

    rate: float = 4e-3
    rows: int = 12
    time: int = 256
    accumulate: int = 4
    long_every: int = 8
    emotion_share: float = 1.0
    seed: int = 1
    compiled: bool = True


class Training:
    """Network, optimisers and sampler at one step, which can be saved and restored exactly."""

    def __init__(
        self, shape: Shape, plan: Plan, shards: dict[str, Shard], mix: dict[str, float], worker: Worker
    ) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.step, self.worker = plan, 0, worker
        self.network = Network(shape)
        self.optimizers = optimizers.make(self.network, plan.rate)
        self.sampler = Sampler(shards, mix, plan.seed)
        self.soft = torch.from_numpy(truth.soft_targets())
        self.losses: Callable[..., tuple[torch.Tensor, torch.Tensor]] = self.network.losses
        if plan.compiled:
            self.losses = torch.compile(self.network.losses, dynamic=False)

    def advance(self, decayed: float = 0.0) -> tuple[float, float, int]:
        """One step. Returns language loss and emotion loss in nats a token, and the tokens seen.

        Args:
            decayed: how far the rate has fallen, from 0 to 1.
        """
        plan = self.plan
        factor = 2 if plan.long_every and self.step % plan.long_every == plan.long_every - 1 else 1
        count = plan.accumulate * plan.rows * plan.time
        optimizers.set_rate(self.optimizers, self.step, decayed)
        sums = torch.zeros(2)
        for part in range(plan.accumulate):
            batch = self.sampler.next(plan.rows // factor, plan.time * factor)
            if not self.worker.takes(part):
                continue
            with torch.autocast("cpu", torch.bfloat16):
                language, emotion = self.losses(*batch, self.soft)
            ((language + plan.emotion_share * emotion) / count).backward()
            sums += torch.stack([language.detach(), emotion.detach()])
        sums = self.worker.add_up(self.network.parameters(), sums)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return float(sums[0]) / count, float(sums[1]) / count, count

    def save(self, file: Path) -> None:
        """Write everything to resume from, under a temporary name first."""
        state = {
            "step": self.step,
            "shape": self.network.shape.as_dict(),
            "network": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "sampler": self.sampler.state(),
        }
        torch.save(state, file.with_suffix(".part"))
        file.with_suffix(".part").replace(file)

    def restore(self, file: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(file, weights_only=True)
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.sampler.restore(**state["sampler"])


def load_shards(mix: dict[str, float]) -> dict[str, Shard]:
    """Training shards of the sources in a mix."""
    return {name: Shard.load(paths.TRAIN / "shards" / f"{name}.train.npz") for name in mix if mix[name] > 0}


def run(training: Training, folder: Path, minutes: float, decay_steps: int, keep_every: float = 120.0) -> None:
    """Train until the time is up, or the fall of the rate has ended, printing progress and writing checkpoints."""
    checkpoint = folder / ("decayed.pt" if decay_steps else "stable.pt")
    decay_from = None
    if checkpoint.exists():
        training.restore(checkpoint)
    if decay_steps:
        # The fall begins where the constant rate ended, also when this process resumes a killed one.
        decay_from = int(torch.load(folder / "stable.pt", weights_only=True)["step"])
        if not checkpoint.exists():
            training.restore(folder / "stable.pt")
    chief = training.worker.rank == 0
    began = saved = shown = time.monotonic()
    tokens, seen, language_mean, emotion_mean = 0, 0, 0.0, 0.0
    with (folder / "curve.csv").open("a", newline="") as file:
        curve = csv.writer(file)
        while True:
            spent = training.worker.agree((time.monotonic() - began) / (minutes * 60))
            # The rate reaches zero after its steps, or earlier when the time would not be enough for them.
            decayed = max(spent, (training.step - decay_from) / decay_steps) if decay_from is not None else 0.0
            if max(spent, decayed) >= 1:
                break
            language, emotion, count = training.advance(decayed)
            tokens, seen = tokens + count, seen + 1
            language_mean, emotion_mean = language_mean + language, emotion_mean + emotion
            now = time.monotonic()
            if not chief:
                continue
            if now - shown > 20 or training.step <= 3:
                speed = tokens / (now - shown)
                row = [training.step, round(language_mean / seen, 4), round(emotion_mean / seen, 4), round(speed)]
                curve.writerow([*row, round(now - began)])
                file.flush()
                print(
                    f"step {row[0]}  loss {row[1]}  emotion {row[2]}  {row[3]} tokens/s  {now - began:.0f} s",
                    flush=True,
                )
                tokens, seen, language_mean, emotion_mean, shown = 0, 0, 0.0, 0.0, now
            if now - saved > keep_every:
                training.save(checkpoint)
                saved = now
    if chief:
        training.save(checkpoint)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="main", help="name of the run's folder under .train/runs")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--decay-steps", type=int, default=0, help="let the rate fall to zero over so many steps")
    parser.add_argument("--mix", default="", help="source=share,... (default: mix.json)")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--rate", type=float, default=Plan.rate)
    parser.add_argument("--seed", type=int, default=Plan.seed, help="of the weights and of the order of the texts")
    parser.add_argument("--emotion-share", type=float, default=Plan.emotion_share)
    parser.add_argument("--workers", type=int, default=2, help="single-threaded processes; one a core")
    parser.add_argument("--export", action="store_true", help="write demo_model/weights at the end")
    options = parser.parse_args()
    if options.mix:
        mix = {name: float(share) for name, share in (item.split("=") for item in options.mix.split(","))}
    else:
        mix = json.loads((paths.PACKAGE / "mix.json").read_text(encoding="utf-8"))
    shape = Shape(
        layers=options.layers, width=options.width, heads=options.heads, probe_layer=options.layers * 2 // 3 - 1
    )
    plan = Plan(rate=options.rate, emotion_share=options.emotion_share, seed=options.seed)
    folder = paths.TRAIN / "runs" / options.run
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(
        json.dumps({"shape": shape.as_dict(), "plan": vars(plan), "mix": mix}, indent=1)
    )
    start(partial(_work, shape, plan, mix, folder, options.minutes, options.decay_steps), options.workers)
    if options.export:
        from demo_model.export import export, load_checkpoint

        export(load_checkpoint(folder / ("decayed.pt" if options.decay_steps else "stable.pt")), paths.WEIGHTS)


def _work(
    shape: Shape, plan: Plan, mix: dict[str, float], folder: Path, minutes: float, decay_steps: int, worker: Worker
) -> None:
    run(Training(shape, plan, load_shards(mix), mix, worker), folder, minutes, decay_steps)


if __name__ == "__main__":
    main()
