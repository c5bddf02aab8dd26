# make run: play (installs what it needs first). make test: every check. make figures DATA=DIR: measure anew what the README says.
# make screenshots OUT=DIR: pictures of every page of the window. make test-window: its tests once more, on an X server (Xvfb).
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data
# Tests at a time.
JOBS ?= 2
OUT ?= screenshots
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: run test test-window check figures screenshots soak clean

run: .venv/run.stamp
	@$(BIN)/jambox start

test: .venv/test.stamp check
	$(BIN)/jambox compile --quiet
	$(BIN)/pytest -n $(JOBS) --no-loadscope-reorder

check: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

figures: .venv/test.stamp
	$(BIN)/python -m tests.report --data $(DATA)

screenshots: .venv/test.stamp
	xvfb-run -a -s '-screen 0 2600x1500x24' env QT_QPA_PLATFORM=xcb JAMBOX_DATA=$(DATA) $(BIN)/python -m tests.gui.screenshots $(OUT)

test-window: .venv/test.stamp
	xvfb-run -a -s '-screen 0 2600x1500x24' env QT_QPA_PLATFORM=xcb $(BIN)/pytest tests/gui

soak: .venv/test.stamp
	$(BIN)/pytest -m soak

.venv/python.stamp:
	@sh .ci/install-system-packages run
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Jambox needs Python 3.11 or newer."; exit 1; }
	@echo "Creating .venv ..."
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run.stamp: .venv/python.stamp pyproject.toml constraints.txt
	@echo "Installing Jambox ..."
	@$(PIP) -e '.[picture,gui]'
	@touch $@

.venv/test.stamp: .venv/run.stamp
	@sh .ci/install-system-packages test
	@echo "Installing what training and the tests need ..."
	@$(PIP) -e '.[train,test]'
	@touch $@

clean:
	rm -rf .venv demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
