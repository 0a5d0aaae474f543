# `make demo` and `make test` work from a fresh clone: they build .venv and install everything first.
PYTHON ?= python3
BIN := .venv/bin
# Spinning OpenMP threads make small networks many times slower on shared cores.
export OMP_WAIT_POLICY := passive

.PHONY: help demo test check docs torture fuzz timings clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' Makefile | expand -t 8

demo: .venv/demo  ## predict on the sample clip; results in out/demo
	$(BIN)/avaffect predict examples/sample.mp4 --out out/demo --overwrite

test: .venv/dev  ## the whole test suite
	$(BIN)/python -m pytest -n 2

check: .venv/dev  ## style, types and text files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/check_text.py

torture: .venv/dev  ## read several hundred bad media; report in out/torture.md
	$(BIN)/python tests/media/bad/torture.py --out out/torture.md

fuzz: .venv/dev  ## atheris on every parser of files and options, a minute each; what fails is left in out/fuzz
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[fuzz]'
	$(BIN)/python tests/fuzz/parsers.py --out out/fuzz

docs: .venv/dev  ## the documentation as a site in out/site; a broken link is an error
	$(BIN)/python scripts/gallery.py --out out/gallery
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict  # --quiet would let warnings pass

timings: .venv/dev  ## what benchmarks/ measures in minutes
	$(BIN)/python benchmarks/predict.py --short
	$(BIN)/python benchmarks/face.py examples/sample.mp4
	$(BIN)/python benchmarks/voice.py
	$(BIN)/python benchmarks/live.py delay examples/sample.mp4 --seconds 20
	$(BIN)/python benchmarks/people.py
	$(BIN)/python benchmarks/fusion_cost.py --seconds 2
	$(BIN)/python benchmarks/bottleneck_cost.py
	$(BIN)/python benchmarks/training.py --rounds 5

clean:  ## remove .venv and everything that was built
	rm -rf .venv out build dist src/*.egg-info

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
