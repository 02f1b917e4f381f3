"""`doctor`: whether a model suits the project."""

from __future__ import annotations

import argparse
import contextlib
import io
from pathlib import Path

from emotion_core.cli.answer import Answer


def doctor(arguments: argparse.Namespace) -> Answer:
    """`doctor`: can this model be read and steered as the project assumes?"""
    from dataclasses import asdict

    from emotion_core.base.settings import settings
    from emotion_core.cli.session import open_model, run
    from emotion_core.tracing.doctor import doctor as doctor_job

    model = open_model(arguments.model, arguments.dtype)
    away = model.remote is not None and arguments.dry_run  # nothing is sent, so the weights are not needed
    checks = () if away else run(doctor_job(model))
    if arguments.dry_run:
        from emotion_core.models.prepare import adopt
        from emotion_core.tracing.doctor.dry_run import dry_run
        from emotion_core.tracing.small_twin import small_twin

        path = model.layers_path
        tried = adopt(small_twin(model), model.tokenizer, model.info.name, layers_path=path) if away else model
        checks += run(dry_run(tried))
    document = {
        "model": asdict(model.info),
        "settings": {name: _plain(value) for name, value in asdict(settings()).items()},
        "checks": [asdict(check) for check in checks],
    }
    lines = [f"{'passed' if c.passed else 'FAILED'}  {c.name}: {c.detail}" for c in checks]
    lines += [f"        {c.name}: {c.remedy}" for c in checks if not c.passed]
    return Answer(document, "\n".join(lines), status=0 if all(c.passed for c in checks) else 1)


def ndif(arguments: argparse.Namespace) -> Answer:
    """`ndif`: which models the service has now."""
    from dataclasses import asdict

    from emotion_core.cli.answer import table
    from emotion_core.tracing.remote_model import served

    with contextlib.redirect_stderr(io.StringIO()):  # nnsight adds words of its own to a failure
        models = served()
    text = table(
        ["model", "state", "level", "computes in"], [[one.name, one.state, one.level, one.dtype] for one in models]
    )
    return Answer({"models": [asdict(one) for one in models]}, text if models else "NDIF serves no model now")


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
