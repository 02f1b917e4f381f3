"""Which models may be loaded: any on one's own computer, a list in a hosted app."""

from __future__ import annotations

from emotion_core.base.errors import ModelError
from emotion_core.base.settings import Settings
from emotion_core.models.catalogue import CATALOGUE


def allowed_models(limits: Settings) -> tuple[str, ...]:
    """Names offered by the picker, the default first; when hosted, nothing else is loaded."""
    offered = limits.models if limits.hosted and limits.models else tuple(CATALOGUE)
    return tuple(dict.fromkeys((limits.model, *offered)))


def require_allowed(name: str, limits: Settings) -> None:
    """Refuses folders, hub ids and unlisted models in a hosted app.

    Raises:
        ModelError: The app is hosted and the model is not on its list.
    """
    if limits.hosted and name not in allowed_models(limits):
        raise ModelError(
            "This model is not offered here",
            where=name[:80],
            expected=f"one of {', '.join(allowed_models(limits))}",
            remedy="Choose one from the list or run the app on your own computer",
        )
