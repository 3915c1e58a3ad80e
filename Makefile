# Outgoing Mail: one command to run it here, one to test it. Set-up is scripts/'s.

.DEFAULT_GOAL := help
.PHONY: help run token test check bench package clean

PYTHON := .venv/bin/python

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Set everything up and start it on this machine; Ctrl-C ends it
	@sh scripts/setup.sh run
	@exec $(PYTHON) -m infra.local.stack run --end-with-parent

token: ## Print a bearer token for the running stack (ORG=tenant ROLES=role,role)
	@test -x $(PYTHON) || { echo "The local stack does not run: start it with 'make run'." >&2; exit 1; }
	@exec $(PYTHON) -m infra.local.stack token --org "$(ORG)" --roles "$(ROLES)"

test: ## Set everything up and run every test; the last line counts them
	@sh scripts/setup.sh test
	@exec $(PYTHON) -m scripts.run_tests

check: ## The quick half: ruff, mypy strict, unit tests, the page's types
	@sh scripts/setup.sh check
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -m pytest -q tests/unit
	@test ! -f web/package.json || npm --prefix web run --silent check

bench: ## Measure the budgets of start-up, table reads and mailbox checks
	@sh scripts/setup.sh test
	@exec $(PYTHON) -m tests.bench

package: ## Build dist/outgoing-mail.zip, ready to be deployed
	@sh scripts/setup.sh run
	@exec $(PYTHON) -m scripts.package

clean: ## Remove everything that was installed or built here, and the local data
	rm -rf .venv .local dist test-results infra/local/node_modules web/node_modules web/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
