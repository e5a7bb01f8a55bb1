# make report                                  environment, default run, results/index.html
# make report CONFIG=config/my.yaml DATA=path  another configuration, data in another folder
# make test                                    environment, style, types, and all tests but the slow ones
# make quick                                   tests of the numbers alone, in less than a minute
# make slow                                    tests that take long: error rates, trainings, kills
# make docs                                    environment and the documentation as a site, build/docs
# make benchmarks                              environment, peers, and how both compare

CONFIG ?= config/config.yaml
DATA ?= $(NEURO_ATTN_DATA)
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
PYTHON ?= python3

BIN := .venv/bin
INSTALLED := .venv/installed

# Processes of the tests share the cores, so each has one thread. There is one more than two cores
# need, because tests of commands and clusters often wait.
# Python writes no compiled modules, because tests fill disks and watch which files are written.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 \
	$(BIN)/pytest --numprocesses 3
NUMBERS := $(addprefix tests/,solver decoding inference geometry results test_expressions.py test_rates.py)

# Style and types are checked while the tests run.
MAKEFLAGS += --jobs=2

.PHONY: report test lint tests quick slow docs benchmarks clean
.DELETE_ON_ERROR:

report: $(INSTALLED)
	$(BIN)/neuro-attn report $(CONFIG) --cores $(CORES) $(if $(DATA),--data "$(DATA)")

test: lint tests

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakemake --lint

tests: $(INSTALLED)
	$(PYTEST) --dist loadfile --no-loadscope-reorder -m "not slow"

quick: $(INSTALLED)
	$(PYTEST) --dist worksteal -m "not slow" $(NUMBERS)

slow: $(INSTALLED)
	$(PYTEST) --dist worksteal -m slow

# Strict: a link that leads nowhere, or a page that no menu names, is an error.
docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "the documentation is build/docs/index.html"

benchmarks: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r benchmarks/requirements.lock
	$(BIN)/python -m benchmarks.solver
	$(BIN)/python -m benchmarks.solver_cost
	$(BIN)/python -m benchmarks.solver_growth
	$(BIN)/python -m benchmarks.peers

# Installs anew only when the locked packages change.
$(INSTALLED): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf .venv .snakemake results
