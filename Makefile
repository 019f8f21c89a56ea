# Quorate. `make demo` runs the main job, `make test` proves it; both need Go and make only.
SHELL := /bin/bash
GO ?= go
BIN := bin/quorate
VERSION ?= $(shell git describe --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
PKGS := ./...
# Everything is compiled in two ways only: as it is released, and with the race detector. Other flags, or cgo, would compile
# it, and all that it needs, once more.
export GOFLAGS := -trimpath $(GOFLAGS)

.DEFAULT_GOAL := build
.PHONY: build image demo clients sound test e2e sim plants chaos chaos-plants flips kmip-conformance kmip-storm bench bench-scale counted figures microbench fuzz lint fmt clean

build: ## the one binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/quorate

demo: build ## three processes: init, open, encrypt, rotate, kill the leader, go on
	$(BIN) demo --file README.md

# Packages whose tests watch clocks run one at a time, so that they do not fight over two cores.
TIMED := ./cluster/... ./e2e/...

# Tests of ./cluster that the race detector does not watch (//go:build !race), and so the third step of make test runs.
UNWATCHED := (TestMoved|TestFlippedBitOfAPage|TestFlippedByteAnywhere|TestFlippedByteOfTheOnlySnapshot|TestEditsOf)

clients: ## what the tests use of the system: a real client of the keas.kmi door, other implementations of the cryptography, a database, a real S3 server, Prometheus' checker
	@command -v wget >/dev/null || { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq wget; } || \
	  echo "wget is not here and cannot be installed: the test that uses it says so and takes another client"
	@command -v slowhttptest >/dev/null || { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends slowhttptest >/dev/null; } || \
	  echo "slowhttptest is not here and cannot be installed: make counted floods with clients of its own only"
	@{ command -v openssl && { python3 -c 'import cryptography' || /usr/bin/python3 -c 'import cryptography'; }; } >/dev/null 2>&1 || \
	  { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq openssl python3-cryptography; } || \
	  echo "openssl or python3-cryptography is not here and cannot be installed: the tests that compare with them are skipped and say so"
	@{ python3 -c 'import kmip' || /usr/bin/python3 -c 'import kmip'; } >/dev/null 2>&1 || { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-pykmip >/dev/null; } || \
	  echo "python3-pykmip is not here and cannot be installed: the test that reads a database of PyKMIP is skipped and says so"
	@{ command -v cc >/dev/null && test -e /usr/include/kms_message/kms_message.h; } || { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends libmongocrypt-dev gcc libc6-dev >/dev/null; } || \
	  echo "libmongocrypt-dev or a C compiler is not here and cannot be installed: the test with the library of MongoDB's drivers is skipped and says so"
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
	  { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql >/dev/null; } || \
	  echo "PostgreSQL is not here and cannot be installed: the test of encrypted columns is skipped and says so"
	@{ command -v radosgw && command -v ceph-mon && command -v ceph-osd; } >/dev/null || { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends radosgw ceph-mon ceph-osd >/dev/null; } || \
	  echo "radosgw, ceph-mon or ceph-osd is not here and cannot be installed: the tests against a real S3 server are skipped and say so"
	@command -v promtool >/dev/null || { command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq --no-install-recommends prometheus >/dev/null; } || \
	  echo "promtool is not here and cannot be installed: the test of the alert rules and the dashboard's queries is skipped and says so"

image: build ## the container image, from bin/quorate
	docker build -q -t quorate -f deployments/container/Containerfile .

sound: build # and linted
	@$(MAKE) --no-print-directory lint

# The tests are vetted by lint, with more than go test would look for.
test: ## everything that CI runs, with the race detector
	@$(MAKE) --no-print-directory -j2 clients sound
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -race -vet=off -timeout 20m $$($(GO) list $(PKGS) | grep -v -e /cluster -e /e2e)
	$(GO) tool gotestsum --format pkgname-and-test-fails -- -race -vet=off -p 1 -timeout 20m $(TIMED)
	CGO_ENABLED=0 $(GO) tool gotestsum --format pkgname-and-test-fails -- -vet=off -timeout 20m -run '^$(UNWATCHED)' ./cluster

e2e: build ## the long stories with real processes
	$(GO) test -count=1 -timeout 30m -tags e2e ./e2e/...

SIM_HOURS ?= 20
SIM_REPORT ?= bin/sim.md
sim: ## whole nodes in simulated time, under faults: SIM_HOURS=500, SIM_SEED= repeats a run; writes bin/sim.md, and its figures to bin/results
	@mkdir -p $(dir $(SIM_REPORT))
	$(GO) test -count=1 -timeout 0 -run '^TestSimulation$$' ./cluster/sim -args -sim.hours=$(SIM_HOURS) -sim.report=$(abspath $(SIM_REPORT)) -sim.results=$(CURDIR)/bin/results/sim.jsonl
	@cat $(SIM_REPORT)

plants: ## deliberate bugs, by build tag: each has to be caught, by the complaint that fits; PLANTS= chooses by name
	GO="$(GO)" cluster/sim/plants.sh $(PLANTS)

CYCLES ?= 10
chaos: ## real processes in namespaces, under load and faults, four a cycle, a third of the cycles on five nodes that open themselves: CYCLES=, SEED= repeats a run, ONLY= chooses faults, NODES= the cluster; writes bin/chaos-report.md
	@mkdir -p bin
	CHAOS_CYCLES=$(CYCLES) CHAOS_SEED=$(SEED) CHAOS_ONLY="$(ONLY)" CHAOS_NODES=$(NODES) CHAOS_REPORT=$(CURDIR)/bin/chaos-report.md CHAOS_RESULTS=$(CURDIR)/bin/results/chaos.jsonl $(GO) test -count=1 -timeout 60m -v -run '^TestChaos$$' ./e2e/chaos

chaos-plants: ## deliberate bugs in real processes under faults: each has to be caught, by the complaint that fits; PLANTS= chooses by name
	GO="$(GO)" e2e/chaos/plants.sh $(PLANTS)

FLIPS ?= 10000
EDITS ?= 2000
flips: ## single bits flipped all over a stopped node's store (log, term and vote), and structured edits of its log: each detected and named, or without effect
	RESULTS=$(CURDIR)/bin/results FLIPS=$(FLIPS) EDITS=$(EDITS) $(GO) test -count=1 -timeout 0 -run '^TestFlippedByteAnywhere|^TestEditsOf' -v ./cluster | grep -v '^time='; exit $${PIPESTATUS[0]}

kmip-conformance: ## the OASIS cases of ../shared/vectors/kmip (KMIP_VECTORS=) against three nodes: each file's status and shape, and totals
	@mkdir -p bin
	@KMIP_VECTORS=$(if $(KMIP_VECTORS),$(abspath $(KMIP_VECTORS))) $(GO) test -count=1 -v -run '^TestConformance$$' ./transport/kmip >bin/kmip-conformance.log 2>&1; failed=$$?; grep -v -e '^=== ' -e '^ *--- PASS' -e '^time=' bin/kmip-conformance.log; exit $$failed

STORM ?= 200000
kmip-storm: ## malformed KMIP messages against a listener: STORM=, SEED= repeats a run; each gets an answer or a clean end, and the memory is back
	@mkdir -p bin
	@RESULTS=$(CURDIR)/bin/results KMIP_STORM=$(STORM) KMIP_STORM_SEED=$(SEED) $(GO) test -count=1 -timeout 60m -v -run '^TestAStorm' ./transport/kmip >bin/kmip-storm.log 2>&1; failed=$$?; grep -v '^time=' bin/kmip-storm.log; exit $$failed

bench: build ## the figures, beside their floors, in one run; those that were promised go to bin/results
	$(BIN) bench --local --results bin/results/bench.jsonl

SCALE ?= 1000000
bench-scale: build ## restart, self-opening, memory, reads beside a snapshot, and a drill, with SCALE= keys
	$(BIN) bench --local --only scale --keys $(SCALE) --results bin/results/bench-scale.jsonl

COUNT ?= ^(TestFailoverIsCounted|TestPowerCuts.*|TestARestartedNodeNeverShowsThePast|TestRevocationsOneAfterTheOther.*|TestRevokedKeyIsNotServedByAFollowerThat.*|TestReadsStayUpWhileTheLeaderIsLost|TestFloodsStopNobody|TestAllNodesAreLostAndTheClusterLivesAgain|TestALargeVaultGoesToTheNextVersionAndBack)$$
counted: build ## failover (200 kills, 100 transfers, 50 freezes), power cuts (100 of one, 50 of all, and a control that must lose), 200 restarts, 1,000 revocations and 200 with a member away, reads through 20 kills, floods, recovery and upgrade of 100,000 keys; COUNT= chooses by name
	COUNTED=1 RESULTS=$(CURDIR)/bin/results $(GO) test -count=1 -timeout 180m -v -run '$(COUNT)' ./e2e | grep -v '^ *time='; exit $${PIPESTATUS[0]}

figures: ## what make sim, chaos, bench, counted, flips, fuzz, kmip-storm, plants and chaos-plants left in bin/results, into the README (format: e2e/figures)
	$(GO) test -count=1 ./e2e/figures -run TestReadmeTakesFigures -update -v

microbench: ## Go benchmarks of the parts
	$(GO) test -run '^$$' -bench . -benchmem ./seal ./fsm ./cluster/... ./vault/... ./transport/client/envelope

FUZZTIME ?= 30s
# Now and then go test calls it a failure that it was late at the end of the time (golang/go#75804), without an input: that target is run again.
# Making an input small that only reaches something new is not what the time is for: by default it may take all of it.
FUZZFLAGS := -run '^$$' -fuzztime $(FUZZTIME) -fuzzminimizetime 100x
fuzz: ## every fuzz target for FUZZTIME (FUZZ= chooses by package and name): executions of each, and altogether to bin/results; stops at the first finding
	@mkdir -p bin/results; n=0; all=0; while read -r dir target; do \
	  for try in 1 2 3; do \
	    $(GO) test $(FUZZFLAGS) -fuzz "^$$target\$$" ./$$dir >bin/fuzz.log 2>&1 </dev/null && break; \
	    if grep -q 'Failing input written' bin/fuzz.log || ! grep -qx ' *context deadline exceeded' bin/fuzz.log || test $$try = 3; then try=found; break; fi; \
	    echo "$$dir $$target: the fuzzer itself was late at the end of its time, and found nothing; again"; \
	  done; \
	  if test $$try = found; then \
	    cat bin/fuzz.log; if grep -Eq '\[(build|setup) failed\]' bin/fuzz.log; then echo "make fuzz: the tests in $$dir do not build"; exit 1; fi; \
	    echo "make fuzz: FINDING by $$target in $$dir, after $$n targets without: what it says is above, its input in $$dir/testdata/fuzz/$$target"; exit 1; \
	  fi; \
	  n=$$((n+1)); execs=$$(sed -n 's/.*execs: \([0-9]*\).*/\1/p' bin/fuzz.log | tail -n 1); all=$$((all+$${execs:-0})); printf '%-32s %-24s %10s executions\n' $$dir $$target "$$execs"; \
	done < <(grep -rn --include='*_test.go' '^func Fuzz' . | sed -E 's|^\./(.*)/[^/]*_test\.go:[0-9]+:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|' | sort | grep -E '$(FUZZ)'); \
	test $$n -gt 0 || { echo "make fuzz: there is no such target"; exit 1; }; \
	echo "make fuzz: $$n targets, $$all executions, $(FUZZTIME) each, no finding"; \
	test -n '$(FUZZ)' || printf '{"figure":"bad input: executions of the fuzz targets without a finding","target":"≥ 12 targets, ≥ 600,000,000 executions (12 × 50,000,000)","measured":"%s targets, %s executions, 0 findings","how":"make fuzz, %s each, %s cores","commit":"%s"}\n' \
	  $$n $$all $(FUZZTIME) $$(nproc) "$$(git describe --always --dirty 2>/dev/null || echo unknown)" >>bin/results/fuzz.jsonl

lint: export CGO_ENABLED := 0
lint: ## format, vet, staticcheck
	@out=$$($(GO) tool gofumpt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); if [ -n "$$out" ]; then echo "gofumpt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet $(PKGS)
	$(GO) tool staticcheck $(PKGS)

fmt:
	$(GO) tool gofumpt -w $$(git ls-files '*.go')

clean:
	rm -rf bin .demo .bench
