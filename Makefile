# make demo | test | fuzz | lint | bench | docs | gallery | study: each sets up what it needs, on a machine with Python and gcc.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready
OUT    := out
STUDY  := examples/studies/digits_tradeoff.toml

.PHONY: demo test fuzz lint bench docs gallery study graphviz clean

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable ".[torch,report,sweep,plot,test,lint]"
	touch $(READY)

# Pictures need the program `dot`; without it only the DOT text is written.
graphviz:
	@command -v dot >/dev/null || (apt-get update -qq && apt-get install -y -qq graphviz >/dev/null) \
		|| echo "graphviz is not installed: pictures stay DOT text (https://graphviz.org/download)"

demo: $(READY) graphviz
	mkdir -p $(OUT)
	$(BIN)/mgiad check mgiad
	$(BIN)/mgiad count mgiad
	-$(BIN)/mgiad draw mgiad -o $(OUT)/mgiad.svg
	$(BIN)/mgiad-compile mgiad -o $(OUT)/mgiad.py
	rm -rf $(OUT)/digits
	OMP_NUM_THREADS=1 $(BIN)/mgiad train digits --data digits --out $(OUT)/digits
	@echo
	@echo "picture   $(OUT)/mgiad.svg"
	@echo "network   $(OUT)/mgiad.py"
	@echo "training  $(OUT)/digits/report.md"

test: $(READY) graphviz
	$(BIN)/pytest -n 2 --dist worksteal

# Mutated specs, far more than the tests try.
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz 100000

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	$(BIN)/pip install --quiet --editable ".[bench]"
	$(BIN)/python bench/count_speed.py
	$(BIN)/python bench/solve.py
	$(BIN)/python bench/scaling.py
	$(BIN)/python bench/levels.py
	$(BIN)/python bench/levels.py --inference
	$(BIN)/python bench/levels.py --channels-last
	$(BIN)/python bench/groups.py
	$(BIN)/python bench/references.py
	$(BIN)/python bench/references.py --compiled mgnet mgiad
	$(BIN)/python bench/augment.py
	$(BIN)/python bench/gpu_train.py --quick
	$(BIN)/python bench/gpu_train.py --quick --network mgiad

# The tables, outputs, messages and pictures on the pages, as the program gives them now.
docs: $(READY) graphviz
	$(BIN)/python docs/zoo_table.py
	$(BIN)/python -m tests.pages
	$(BIN)/mgiad draw mgnet -o docs/images/mgnet.png
	$(BIN)/mgiad draw mgiad -o docs/images/mgiad.svg
	$(BIN)/mgiad draw mgiad --no-legend -o docs/images/mgiad_figure.svg
	sed -n '/^network mgiad_small/,/^expect/p' docs/tutorial.md | $(BIN)/mgiad draw - --no-legend -o docs/images/mgiad_small.svg

# The pictures of docs/gallery.md, each by the command above it.
gallery: $(READY) graphviz
	$(BIN)/python docs/gallery.py

# The figure of the README: trains for about three minutes on two cores, and goes on where it was stopped.
study: $(READY)
	export OMP_NUM_THREADS=1; for process in 1 2; do $(BIN)/mgiad sweep $(STUDY) >/dev/null & done; wait
	$(BIN)/mgiad sweep $(STUDY)
	$(BIN)/mgiad plot $(STUDY) -o $(OUT)/study
	cp $(OUT)/study/accuracy_weights.png docs/images/tradeoff.png

clean:
	rm -rf $(VENV) $(OUT)
