"""The actor that holds a model on the real server, for a machine without a GPU: `NDIF_MODEL_IMPORT_PATH` names it.

Only its loading is replaced, which places weights on GPUs and checks that they lie there.
"""

from __future__ import annotations

from typing import Any

import ray
import torch
from ndif.services.ray.deployments.modeling.base import BaseModelDeployment
from nnsight.modeling.huggingface import HuggingFaceModel


@ray.remote(num_cpus=1, max_restarts=-1)
class OnCPU(BaseModelDeployment):
    """Loads into memory and stays there."""

    CACHEABLE = False

    def load_from_disk(self) -> Any:
        """The model of this actor's key, in the server's number format."""
        torch.cuda.synchronize = lambda *_: None  # called after every request
        chosen = {"dtype": self.dtype_name, "device": "cpu", **self.kwargs}
        model = HuggingFaceModel.from_model_key(self.model_key, dispatch=True, **chosen)
        model._module.requires_grad_(False)
        return model
