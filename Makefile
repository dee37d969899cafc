# Two commands matter: `make quickstart` and `make test`. Both start from nothing but Python 3.11+, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export OMP_NUM_THREADS := 1

.PHONY: help quickstart test lint unit fuzz sdk-v3 hyp mutation docs replay clean

help:
	@echo "make quickstart   install into $(VENV) and run the example on this machine: data, grader, training, report"
	@echo "make test         install into $(VENV) what the tests need, and run linters and every test"
	@echo "make fuzz         try the properties on examples that nobody has seen (minutes; SEED=7 draws the same ones again)"
	@echo "make hyp          run the test of AWS's own tool hyp, in an environment of its own (minutes)"
	@echo "make mutation     plant small faults in rewards/ and count those that the tests find (minutes; ALL=1: every one, hours)"
	@echo "make replay       follow README, tutorial and guides to the letter in a clean environment, and compare outputs (minutes)"
	@echo "make docs         build the site, offline, into build/docs (a minute)"
	@echo "make clean        remove $(VENV), runs and caches"

quickstart: $(VENV)/installed-quickstart
	@$(BIN)/rft run examples/regulatory_tools/project.yaml --on local

test: $(VENV)/installed-test
	@began=$$(date +%s) && $(MAKE) --no-print-directory lint unit sdk-v3 && \
		echo "All linters and tests passed in $$(( $$(date +%s) - began )) s."

lint: $(VENV)/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# One process a core; all tests of a file in one, so that what they share is made once.
unit: $(VENV)/installed-test
	$(BIN)/python -m pytest -n auto --dist loadfile

# `make test` draws the same examples on every machine, so that it passes or fails for a reason; these are new each time.
fuzz: SEED ?= $(shell date +%s)
fuzz: $(VENV)/installed-test
	$(BIN)/python -m pytest -n auto tests/property --hypothesis-profile=fuzz --hypothesis-seed=$(SEED)

# SDK v3 cannot be installed beside v2, so the test that compares its requests with ours has an environment of its own.
sdk-v3: $(VENV)-sdk-v3/installed-sdk-v3
	$(VENV)-sdk-v3/bin/python -m pytest tests/contract/test_sdk_v3.py tests/contract/test_sdk_v3_agents.py

# AWS's tool `hyp` pins versions that we need otherwise, so the test that runs it has an environment of its own.
hyp: $(VENV)/bin/python
	@.ci/hyp $(VENV)-hyp

# ROOMS="parsing rows" tries these only; SHARE=0.1 more of each. Exit 1 below 95 %: docs/decisions/0010-mutation-testing.md
mutation: $(VENV)-mutation/installed-mutation
	@$(VENV)-mutation/bin/python .ci/mutation.py $(ROOMS) $(if $(ALL),--share 1,$(if $(SHARE),--share $(SHARE)))

# Every warning of Sphinx is an error: a link that leads nowhere, a page that stands nowhere.
docs: $(VENV)-docs/installed-docs
	@$(VENV)-docs/bin/python docs/site/stage.py build/docs-pages
	@$(VENV)-docs/bin/python -m sphinx -q -W --keep-going -b html build/docs-pages build/docs
	@echo "Built build/docs/index.html"

# PAGES="docs/tutorial.md" follows these only.
replay: $(VENV)/bin/python
	@$(BIN)/python .ci/replay $(PAGES)

clean:
	rm -rf $(VENV) $(VENV)-docs $(VENV)-sdk-v3 $(VENV)-hyp $(VENV)-mutation build dist *.egg-info runs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"rftkit needs Python 3.11 or newer, {sys.executable} is {v.major}.{v.minor}: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)-sdk-v3/installed-sdk-v3: $(VENV)/bin/python pyproject.toml constraints-sdk-v3.txt
	$(BIN)/python -m venv $(VENV)-sdk-v3
	@.ci/install $(VENV)-sdk-v3 sdk-v3 sagemaker-v3,test-sdk-v3 constraints-sdk-v3.txt

$(VENV)-docs/installed-docs: $(VENV)/bin/python pyproject.toml constraints.txt constraints-docs.txt
	$(BIN)/python -m venv $(VENV)-docs
	@.ci/install $(VENV)-docs docs docs constraints-docs.txt

$(VENV)-mutation/installed-mutation: $(VENV)/bin/python pyproject.toml constraints.txt constraints-mutation.txt
	$(BIN)/python -m venv $(VENV)-mutation
	@.ci/install $(VENV)-mutation mutation mutation constraints-mutation.txt

$(VENV)/installed-quickstart: $(VENV)/bin/python pyproject.toml constraints.txt
	@.ci/install $(VENV) quickstart local,lambda constraints.txt

$(VENV)/installed-test: $(VENV)/bin/python pyproject.toml constraints.txt
	@.ci/install $(VENV) test test constraints.txt
