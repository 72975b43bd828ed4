# Two commands do everything on a fresh machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

TEST := $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal -m "not slow and not gpu"

.PHONY: demo quick test campaign campaign-quick cluster cluster-quick check docs bench venv clean
.DEFAULT_GOAL := demo

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[all]"
	@touch $@

venv: .venv/ready  ## a virtual environment with all extras

demo: venv  ## replace against accumulate: a small language model on real text, in minutes
	$(BIN)/genloop demo

quick: venv  ## unit tests, theory and contracts: after every change
	$(TEST) tests/unit tests/theory tests/contract

test: venv  ## all tests, on all cores
	$(TEST)

campaign: venv  ## faults and attacks on runs of all families: twenty minutes on two cores
	$(BIN)/python tests/campaign

campaign-quick: venv  ## the same cases every time, in two minutes
	$(BIN)/python tests/campaign --quick

cluster: venv  ## loops on a Ray cluster whose nodes are killed, with their store on an S3 server
	$(BIN)/python tests/cluster

cluster-quick: venv  ## the same in a minute, with four nodes killed
	$(BIN)/python tests/cluster --quick

check: venv  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright

.venv/docs: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	@touch $@

docs: .venv/docs  ## the documentation site, in site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bench: venv  ## compare models, networks and whole loops with other libraries, linear loops with the usual script
	$(BIN)/python benchmarks/language_model.py
	$(BIN)/python benchmarks/whole_loop.py
	$(BIN)/python benchmarks/images.py
	$(BIN)/python benchmarks/conformers.py
	$(BIN)/python benchmarks/linear.py --script-seeds 1

clean:
	rm -rf .venv
