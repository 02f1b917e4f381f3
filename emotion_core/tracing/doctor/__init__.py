"""The self-check of a model: is it read, steered and tokenized as this project assumes?"""

from emotion_core.tracing.doctor.check import Check
from emotion_core.tracing.doctor.examine import doctor

__all__ = ["Check", "doctor"]
