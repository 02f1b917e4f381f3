"""Every kind of run over vectors by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from emotion_core.base.errors import RunError

if TYPE_CHECKING:
    from emotion_core.experiments.experiment import Experiment

_HERE = "emotion_core.experiments"
# Where each kind is described, and what its command is for; without words it is reached through another command. A
# place and no import, so that the command line can list its commands before anything heavy is loaded.
KINDS: dict[str, tuple[str, str]] = {
    "heldout": (f"{_HERE}.evaluation:HELDOUT", ""),
    "transfer": (f"{_HERE}.evaluation:TRANSFER", ""),
    "confounds": (f"{_HERE}.evaluation:CONFOUNDS", ""),
    "sizes": (f"{_HERE}.evaluation:SIZES", "how the vectors change with the number of texts: are there enough?"),
    "variants": (f"{_HERE}.evaluation:VARIANTS", "other ways of making the same vectors, side by side"),
    "orthogonal": (f"{_HERE}.evaluation:ORTHOGONAL", ""),
    "map-checks": (f"{_HERE}.geometry:MAP_CHECKS", "how far the map of the emotions can be trusted"),
    "untrained-twin": (f"{_HERE}.geometry:TWIN", ""),
    "sweep": (f"{_HERE}.steering:SWEEP", ""),
    "crosstalk": (f"{_HERE}.steering:CROSSTALK", ""),
    "factorial": (f"{_HERE}.steering:FACTORIAL", "steer with two emotions, alone and together: do they add up?"),
    "next-token": (f"{_HERE}.steering:NEXT_TOKEN", ""),
    "read-text": (f"{_HERE}.reading:TEXT", ""),
    "read-conversation": (f"{_HERE}.reading:CONVERSATION", ""),
    "read-reply": (f"{_HERE}.reading:REPLY", ""),
    "read-dose": (f"{_HERE}.reading:DOSE", ""),
    "read-situations": (f"{_HERE}.reading:SITUATIONS", ""),
    "read-attempts": (f"{_HERE}.reading:ATTEMPTS", ""),
    "read-priors": (f"{_HERE}.reading:PRIORS", ""),
    "read-monitor": (f"{_HERE}.reading:WATCH", ""),
    "read-labelled": (f"{_HERE}.reading:LABELLED", ""),
    "zero-point": (f"{_HERE}.reading:ZERO_POINT", ""),
    "talk": (f"{_HERE}.talk:TALK", ""),
    "talk-scale": (f"{_HERE}.talk:TALK_SCALE", ""),
    "preferences": (f"{_HERE}.behavior:PREFERENCES", ""),
    "behaviors": (f"{_HERE}.behavior:BEHAVIORS", ""),
    "replication-row": (f"{_HERE}.replication.rows:REPLICATION", ""),
}


class _Experiments(Mapping[str, "Experiment[Any, Any]"]):
    """The kinds, each imported when it is asked for."""

    def __getitem__(self, kind: str) -> Experiment[Any, Any]:
        return resolve_name(KINDS[kind][0])  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)


EXPERIMENTS: Mapping[str, Experiment[Any, Any]] = _Experiments()


def experiment_of(kind: str, described: Mapping[str, Any]) -> Experiment[Any, Any]:
    """The kind of a stored run.

    Args:
        kind: As the store has it.
        described: Its settings there.

    Raises:
        RunError: It is no run over vectors.
    """
    name = described.get("experiment") or ("orthogonal" if "without" in described else kind)
    if name == "reading":
        from emotion_core.experiments.reading import kind_before

        name = kind_before(described)
    if name not in EXPERIMENTS:
        raise RunError("This run cannot be done again from what is stored", remedy="Start again from the form")
    return EXPERIMENTS[name]
