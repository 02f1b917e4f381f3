"""A model that NDIF serves: its configuration and tokenizer here, its weights there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from emotion_core.base.errors import ModelError
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.remote import Remote, key_of_the_session

PREFIX = "ndif:"


@dataclass(frozen=True)
class Served:
    """One model of the service.

    Attributes:
        name: Hub id.
        state: `RUNNING`, `DEPLOYING`, ... in the service's words.
        level: `HOT` answers at once, `WARM` has to be loaded first.
    """

    name: str
    state: str
    level: str


def served() -> tuple[Served, ...]:
    """What NDIF serves now, running ones first.

    Raises:
        ModelError: The service cannot be reached.
    """
    import nnsight

    found: Any = nnsight.status(raw=True)  # prints a line of its own where it fails, and gives an empty answer
    if not found:
        raise ModelError(
            "NDIF cannot be reached",
            where="https://api.ndif.us",
            expected="the list of models",
            found="no answer",
            remedy="Check the network, or look at https://ndif.us for the state of the service",
        )
    rows: dict[str, Served] = {}
    for key, one in found.get("deployments", {}).items():
        if one.get("deployment_level", "HOT") not in ("HOT", "WARM"):
            continue  # on the disk of the service only
        name = str(one.get("repo_id") or key)
        entry = Served(name, str(one.get("application_state", "unknown")), str(one.get("deployment_level", "")))
        held = rows.get(name)
        if held is None or (entry.state == "RUNNING" and held.state != "RUNNING"):
            rows[name] = entry
    return tuple(sorted(rows.values(), key=lambda one: (one.state != "RUNNING", one.name)))


def load_remote(name: str, remote: Remote | None = None) -> LoadedModel:
    """A model whose traces run on NDIF; no weights are downloaded.

    Widths, layers and the place of the blocks come from the configuration: the module is built without numbers. The
    fingerprint is over configuration and tokenizer, so vectors of the same model loaded here have another one.

    Args:
        name: `ndif:` and a hub id, such as `ndif:meta-llama/Llama-3.1-70B`.
        remote: Where its traces run; by default NDIF with the key that this process was started with.

    Raises:
        ModelError: There is no key, the hub cannot be reached, or configuration or tokenizer cannot be had.
    """
    from emotion_core.models.load import adopt, refuse_own_code, require_reachable, source_of

    source, _, layers_path = name.removeprefix(PREFIX).partition("#")
    chosen = remote or Remote("ndif", key_of_the_session())
    source = source_of(source)
    require_reachable(source, name)
    try:
        from nnsight import TransformersModel
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        envoy: Any = TransformersModel(source, task="text-generation", tokenizer=tokenizer, trust_remote_code=False)
    # transformers and the hub raise whatever their many parts raise.
    except Exception as error:
        refuse_own_code(error, name)
        raise ModelError(
            "Configuration or tokenizer of the model cannot be had",
            where=name,
            expected="a hub id of a causal language model",
            found=f"{type(error).__name__}: {(str(error).splitlines() or ['no message'])[0][:300]}",
            remedy="Check the name; a gated model also needs a hub token",
        ) from error
    model = adopt(envoy._module, tokenizer, name, layers_path=layers_path or None)
    model.info = replace(model.info, device="cpu")  # of the tokens; the weights are nowhere here
    model.envoy, model.remote = envoy, chosen
    return model
