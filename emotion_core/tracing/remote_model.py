"""A model that NDIF serves: its configuration and tokenizer here, its weights there."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from emotion_core.base.activations import SERVED
from emotion_core.base.errors import ModelError
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.envoy import Remote, key_of_the_session, service, useful_words


@dataclass(frozen=True)
class Served:
    """One model of the service.

    Attributes:
        name: Hub id.
        state: `RUNNING`, `DEPLOYING`, ... in the service's words.
        level: `HOT` answers at once, `WARM` has to be loaded first.
        dtype: Number format it computes in, such as `bfloat16`; empty where the service does not say.
    """

    name: str
    state: str
    level: str
    dtype: str = ""


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
            where=service(),
            expected="the list of models",
            found="no answer",
            remedy="Check the network, or look at https://ndif.us for the state of the service",
        )
    rows: dict[str, Served] = {}
    for key, one in found.get("deployments", {}).items():
        # Others lie on the service's disk only, or answer requests that name another task or revision than ours do.
        if one.get("deployment_level") not in ("HOT", "WARM"):
            continue
        if one.get("task") not in (None, "text-generation") or one.get("revision") not in (None, "", "main"):
            continue
        name = str(one.get("repo_id") or key)
        dtype = str(one.get("dtype") or "").removeprefix("torch.")
        entry = Served(name, str(one.get("application_state", "unknown")), str(one["deployment_level"]), dtype)
        held = rows.get(name)
        if held is None or (entry.state == "RUNNING" and held.state != "RUNNING"):
            rows[name] = entry
    return tuple(sorted(rows.values(), key=lambda one: (one.state != "RUNNING", one.name)))


def load_remote(name: str, remote: Remote | None = None) -> LoadedModel:
    """A model whose traces run on NDIF; no weights are downloaded.

    Widths, layers and the place of the blocks come from the configuration: the module is built without numbers. The
    fingerprint is over configuration, tokenizer and the number format that the service computes in, so vectors of the
    same model loaded here have another one. A model that is not served yet is sent a token, which has it loaded. Where
    hub or service cannot be asked, the model opens for a dry run alone and its first trace raises what was wrong.

    Args:
        name: `ndif:` and a hub id, such as `ndif:meta-llama/Llama-3.1-70B`.
        remote: Where its traces run; by default NDIF with the key that this process was started with.

    Raises:
        ModelError: There is no key, the hub cannot be reached, or configuration or tokenizer cannot be had.
    """
    from emotion_core.models.prepare import adopt, refuse_own_code, require_reachable, source_of

    source, _, layers_path = name.removeprefix(SERVED).partition("#")
    chosen = remote or Remote("ndif", key_of_the_session())
    source = source_of(source)
    require_reachable(source, name)
    try:
        from nnsight import TransformersModel
        from transformers import AutoTokenizer, GenerationConfig

        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        envoy: Any = TransformersModel(source, task="text-generation", tokenizer=tokenizer, trust_remote_code=False)
        with suppress(OSError):  # a file that models need not have; without weights nobody reads it: where replies end
            envoy._module.generation_config = GenerationConfig.from_pretrained(source)
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
    model.envoy, model.remote, dtype = envoy, chosen, ""
    try:
        model.remote = replace(chosen, model_key=_model_key(envoy, name))
        dtype = _number_format(source, name)
        if not dtype and chosen.where == "ndif":
            from emotion_core.tracing.record import number_format  # brings nnsight along

            # Not served yet: what is sent here makes the service load it, and then it is in the list.
            answered = number_format(model)
            dtype = _number_format(source, name) or answered
    except ModelError as error:
        model.remote = replace(model.remote, why_not=error)
    if dtype:
        told = hashlib.sha256(f"{model.info.fingerprint}:{dtype}".encode()).hexdigest()
        model.info = replace(model.info, dtype=dtype, fingerprint=told)
    return model


def _number_format(source: str, name: str) -> str:
    """What the service computes this model in; empty where it does not say, or does not serve it now.

    Raises:
        ModelError: The service does not answer.
    """
    try:
        return {one.name: one.dtype for one in served()}.get(source, "")
    except ModelError as error:
        raise ModelError(
            "NDIF was not reached when this model was opened",
            where=name,
            expected=f"an answer of {service()}, which says the number format that it computes in",
            found=error.found,
            remedy="Open the model again when the service answers: vectors belong to one number format",
        ) from error


def _model_key(envoy: Any, name: str) -> str:
    """Nnsight's name of the model, for which it asks the hub how the id is spelled.

    Raises:
        ModelError: The hub does not answer.
    """
    try:
        return str(envoy.to_model_key())
    # The hub's client raises what its transport raises.
    except Exception as error:
        raise ModelError(
            "The hub that names the model cannot be asked",
            where=name,
            expected="an answer of the model hub (`HF_ENDPOINT`), which says how the id is spelled",
            found=f"{type(error).__name__}: {useful_words(str(error))[:300]}",
            remedy="Check the network and unset HF_HUB_OFFLINE; NDIF itself was not asked yet",
        ) from error
