# `make demo` and `make test` work from a fresh clone: they build .venv and install everything first.
PYTHON ?= python3
BIN := .venv/bin
# Spinning OpenMP threads make small networks many times slower on shared cores.
export OMP_WAIT_POLICY := passive

.PHONY: demo test check torture timings clean

demo: .venv/demo
	$(BIN)/avaffect predict examples/sample.mp4 --out out/demo

test: .venv/dev
	$(BIN)/python -m pytest -n 2

check: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

torture: .venv/dev
	$(BIN)/python tests/media/bad/torture.py --out out/torture.md

timings: .venv/dev
	$(BIN)/python benchmarks/predict.py examples/sample.mp4
	$(BIN)/python benchmarks/face.py examples/sample.mp4
	$(BIN)/python benchmarks/voice.py
	$(BIN)/python benchmarks/fusion.py --seconds 2
	$(BIN)/python benchmarks/training.py --rounds 5

.venv/python:
	$(PYTHON) -c 'import sys; sys.exit("avaffect needs Python 3.11 or newer: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	touch $@

.venv/demo: .venv/python constraints.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --progress-bar on --constraint constraints.txt --editable .
	touch $@

.venv/dev: .venv/demo
	$(BIN)/python -m pip install --quiet --progress-bar on --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv out build dist src/*.egg-info
