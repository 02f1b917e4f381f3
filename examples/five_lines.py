"""Build, test and steer in five lines, on the bundled model."""

from emotion_core import library as emotions

model = emotions.load("demo")
vectors = emotions.build(model, "fear-calm")
scores = emotions.test(model, vectors)
sweep = emotions.steer(model, vectors, "When she opened the door, she", [-0.2, 0.2], samples=2, max_new_tokens=12)
print(scores.verdicts[0].reason, [row.text for row in sweep.rows if row.direction == "emotion"])
