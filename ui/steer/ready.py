"""Whether a run of the Steer page left something to show: a stopped sweep keeps the texts that were finished."""

from __future__ import annotations

from emotion_core.base.errors import RunError
from ui.run_panel import run_panel
from ui.services import store


def ready(run_id: str, *, key: str, kept: bool) -> bool:
    """Shows the panel of a run that is not done; returns whether there is a result, or the part of a stopped one.

    Args:
        run_id: Of the run.
        key: Unique on the page.
        kept: Whether the run has a result file.
    """
    if run_panel(run_id, key=key) is not None:
        return True
    try:
        return kept and store().get(run_id).state == "cancelled"
    except RunError:
        return False  # the panel has said so
