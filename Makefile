# `make demo` and `make test` set up all they need; `make help` lists the rest.

GO     ?= go
TOOLS  := .tools
BINARY := build/otelcol-canonical
# A collector that does nothing, for make bench to compare with.
NOP    := build/nop/otelcol-nop
# What the collector is built from: a change of any rebuilds it.
SOURCES := builder-config.yaml go.mod go.sum $(shell find . -name '*.go' -o -name '*.sql' | \
	grep -v -e _test.go -e '^./build/' -e '^./demo/' -e '^./$(TOOLS)/' -e '^./bench/' -e '^./internal/tools/' -e '^./internal/pgtest/')

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(BINARY) ## Build it all, run an instrumented API under traffic, answer "are we fast?"
	@demo/demo.sh

.PHONY: run
run: $(BINARY) ## Run a collector and a Postgres that keeps its data in .data/, until Ctrl-C
	@demo/run.sh

.PHONY: collector
collector: $(BINARY) ## Build build/otelcol-canonical with ocb

.PHONY: test
test: $(BINARY) postgres pgbouncer ## Run every test, with the race detector
	$(GO) test -race -timeout 15m ./...
	cd demo && $(GO) test -race -timeout 5m ./...
	@# Benchmarks have to go on compiling and running.
	$(GO) test -run "^$$" -bench . -benchtime 1x ./... > /dev/null

# RUNS and LINES make it shorter: make bench RUNS=1 LINES=20000 QUEUED=50000
RUNS   ?= 5
LINES  ?= 200000
QUEUED ?= 1000000
.PHONY: bench
bench: $(BINARY) $(NOP) postgres ## Measure the exporter against what Postgres itself can take (RUNS, LINES, QUEUED)
	$(GO) run ./bench -runs $(RUNS) -lines $(LINES) -queued $(QUEUED) -csv build/bench.csv

# ROWS=10000000 takes 10 GB of disk while it runs, 30000000 three times that.
ROWS ?= 1000000
.PHONY: bench-questions
bench-questions: postgres ## Measure the questions against the article's query (ROWS)
	$(GO) test -run "^$$" -bench Questions -benchtime 3x -timeout 2h ./schema -lines $(ROWS)

# SEED repeats a run that failed.
SEED   ?= 0
FAULTS ?= 200
.PHONY: chaos
chaos: $(BINARY) postgres ## Have one fault after another befall a collector under load (FAULTS, SEED)
	$(GO) test -run TestChaos -v -timeout 2h ./e2e -faults $(FAULTS) -seed $(SEED)

.PHONY: golden
golden: postgres ## Rewrite the golden lines in testdata/golden
	$(GO) test -run TestGoldenLines . -update

.PHONY: verify
verify: generate $(TOOLS)/golangci-lint ## Check formatting, vet, lint, and that generated code is unchanged
	@git diff --exit-code -- '*generated_*' documentation.md docs/columns.md schema/questions.sql internal/metadata || \
		{ echo 'generated code is out of date: commit what make generate changed'; exit 1; }
	$(GO) mod tidy -diff
	cd demo && $(GO) mod tidy -diff
	$(GO) vet ./...
	cd demo && $(GO) vet ./...
	$(TOOLS)/golangci-lint run ./...
	cd demo && ../$(TOOLS)/golangci-lint run --config ../.golangci.yml ./...

.PHONY: generate
generate: $(TOOLS)/mdatagen ## Regenerate what is made of metadata.yaml and of the column table
	@# mdatagen names the package after the folder, which a clone can call anything.
	@mkdir -p $(TOOLS)/src && ln -sfn ../.. $(TOOLS)/src/canonicallineexporter
	@$(TOOLS)/mdatagen $(TOOLS)/src/canonicallineexporter/metadata.yaml
	@$(GO) run ./internal/columndoc > docs/columns.md
	@$(GO) run ./internal/questiondoc > schema/questions.sql
	@chmod 644 generated_*.go documentation.md internal/metadata/*.go internal/metadatatest/*.go

.PHONY: format
format: $(TOOLS)/golangci-lint ## Format the Go code
	$(TOOLS)/golangci-lint fmt ./...
	cd demo && ../$(TOOLS)/golangci-lint fmt --config ../.golangci.yml ./...

.PHONY: clean
clean: ## Remove what was built
	rm -rf build $(TOOLS)

# The Postgres programs, installed if this is Debian and we may.
.PHONY: postgres
postgres:
	@bash -c 'set -e; source demo/processes.sh; source demo/postgres.sh; require_postgres'

# One test goes through PgBouncer; Debian has it outside most users' PATH.
.PHONY: pgbouncer
pgbouncer:
	@PATH="$$PATH:/usr/sbin" command -v pgbouncer > /dev/null || { \
		[ "$$(id -u)" -eq 0 ] && command -v apt-get > /dev/null && apt-get update -q && \
		DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends pgbouncer; } || \
		{ echo 'make test needs PgBouncer: install the package pgbouncer'; exit 1; }

$(BINARY): $(SOURCES) $(TOOLS)/builder
	@echo 'building $@ (about a minute, the first time some more)'
	@mkdir -p build
	@$(TOOLS)/builder --config builder-config.yaml > build/build.log 2>&1 || { cat build/build.log; exit 1; }
	@touch $@

$(NOP): bench/builder-config-nop.yaml $(TOOLS)/builder
	@echo 'building $@'
	@mkdir -p build/nop
	@$(TOOLS)/builder --config bench/builder-config-nop.yaml > build/nop.log 2>&1 || { cat build/nop.log; exit 1; }
	@touch $@

# The versions of all tools stand in internal/tools/go.mod.
$(TOOLS)/builder: PACKAGE := go.opentelemetry.io/collector/cmd/builder
$(TOOLS)/mdatagen: PACKAGE := go.opentelemetry.io/collector/cmd/mdatagen
$(TOOLS)/golangci-lint: PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(TOOLS)/builder $(TOOLS)/mdatagen $(TOOLS)/golangci-lint: internal/tools/go.mod internal/tools/go.sum
	@echo 'building $@'
	@mkdir -p $(TOOLS)
	@cd internal/tools && $(GO) build -o ../../$@ $(PACKAGE)
