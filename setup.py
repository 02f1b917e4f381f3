"""What pyproject.toml cannot say: prompt sets and demo model lie beside the package here and travel inside it."""

from setuptools import find_packages, setup

INSIDE = {"emotion_core.builtin_prompts": "prompts", "emotion_core.demo_weights": "demo_model/weights"}

setup(
    packages=[*find_packages(include=["emotion_core*"]), *INSIDE],
    package_dir=INSIDE,
    package_data={
        "emotion_core.builtin_prompts": ["*.csv", "*.json"],
        "emotion_core.demo_weights": ["*.json", "*.safetensors"],
        "emotion_core.experiments": ["data/*.json"],
        "emotion_core.geometry": ["data/*.json"],
    },
)
