"""torch, imported when something is first computed with it.

It takes longer to import than everything else together, and whatever only shows or looks up what was computed before
needs none of it: `from emotion_core.base.later import torch`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch as torch
else:

    class _Later(ModuleType):
        """Stands for a module until an attribute of it is asked for."""

        def __getattr__(self, name: str) -> Any:
            return getattr(import_module(self.__name__), name)

        def __reduce__(self) -> tuple[Any, ...]:
            # Sent along to where a model runs it is the module itself, as what sends it writes modules.
            return sys.modules["cloudpickle.cloudpickle"].subimport, (self.__name__,)

    torch = _Later("torch")
