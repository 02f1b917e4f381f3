"""Read emotions token by token: where in a text does the model move along a direction?"""

from emotion_core import library as emotions

model = emotions.load("demo")
vectors = emotions.build(model, "fear-calm")
reading = emotions.read(model, vectors, "The footsteps behind me stopped when I stopped.")
for token, value in zip(reading.tokens, reading.values[:, 0, 0], strict=True):
    print(f"{value:+.1f}  {token!r}")
