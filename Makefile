# run: the demo ministry on PORT (8000).  reset: throw its data away.  check: before a commit.  test: everything.
# bench: measure.  screens: screenshots into docs/.  vendor: front-end files from npm.

PY = .venv/bin/python
export PYTHONDONTWRITEBYTECODE = # what is used is compiled once, not by each process

run:
	@bin/setup run
	@$(PY) -m demo.run

reset:
	@test ! -x $(PY) || $(PY) -m demo.reset

check:
	@bin/setup check
	@bin/check

test:
	@bin/setup test
	@bin/test

bench:
	@bin/setup test
	@$(PY) -m bench

screens:
	@bin/setup test
	@$(PY) -m demo.screens

vendor:
	@bin/vendor

.PHONY: run reset check test bench screens vendor
