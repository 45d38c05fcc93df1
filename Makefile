# Each target calls a small script or program; .venv and the built files are made when they are missing or stale.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install tune test demo example conformance bench check format lock screenshots clean

STYLE := src/borvo/web/static/built/borvo.css
RUNTIME := .venv/runtime.stamp
DEVELOPMENT := .venv/development.stamp

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16

install: $(RUNTIME) $(STYLE) ## install Borvo and its locked dependencies into .venv, build the style sheet
	@:

tune: $(RUNTIME) ## build the password hash for this processor: sign-ins take half the CPU time
	@scripts/tune

test: $(DEVELOPMENT) $(STYLE) ## run all checks and all tests
	@scripts/test

demo: install ## start Borvo with made-up people and data
	@.venv/bin/borvo demo

example: $(DEVELOPMENT) ## run the example app against the demo
	@MYBP_CLIENT_ID=demo.mybp MYBP_CLIENT_SECRET=demo-mybp-secret-0123456789 .venv/bin/python examples/mybp/app.py

conformance: $(DEVELOPMENT) $(STYLE) ## run the certification plans on Borvo and on a reference, write docs/conformance.md
	@scripts/conformance

bench: install tune ## measure the speed of the main paths, with the password hash for this processor
	@.venv/bin/python -m benchmarks

check: $(DEVELOPMENT) ## check formatting, lint, types and import contracts
	@scripts/check

format: $(DEVELOPMENT) ## format the code
	@scripts/format

lock: $(DEVELOPMENT) ## write the dependency locks anew
	@scripts/lock

screenshots: $(DEVELOPMENT) $(STYLE) ## take the pictures for the documentation
	@BORVO_CHROMIUM=$$(scripts/chromium) && export BORVO_CHROMIUM && .venv/bin/python scripts/screenshots.py

clean: ## remove everything that was installed or built; data stays
	@rm -rf .venv node_modules benchmarks/peer/node_modules dist build src/borvo/web/static/built .pytest_cache .mypy_cache .ruff_cache

$(RUNTIME): requirements/runtime.txt pyproject.toml scripts/metadata_hook.py scripts/install
	@scripts/install runtime
	@touch $@

# That lock names all that the other does.
$(DEVELOPMENT): requirements/development.txt requirements/runtime.txt pyproject.toml scripts/metadata_hook.py scripts/install
	@scripts/install development
	@touch $(RUNTIME) $@

$(STYLE): package.json package-lock.json .npmrc scripts/build_assets.py $(wildcard src/borvo/web/theme/*.scss) | $(RUNTIME)
	@.venv/bin/python scripts/build_assets.py
	@touch $@
