# Two commands: `make run` starts Escrow, `make test` tests it. Both install what is missing first (Debian 12).

BUILD_FLAGS := --explicit-target-dependency-import-check error
BUILD_PACKAGES := libcurl4-openssl-dev libpcre2-dev libsqlite3-dev libxxhash-dev pkg-config zlib1g-dev
TEST_PACKAGES := curl dcmtk e2fsprogs fuse3 gcc libfuse3-dev orthanc python3-venv strace xfsprogs
SOURCES := Package.swift Sources Tests Benchmarks
REQUIREMENTS := Tests/EndToEndTests/Peers/requirements.txt

.DEFAULT_GOAL := help
.PHONY: help run test bench soak growth micro format lint sanitize torture deps build-deps test-packages

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build-deps ## Build and start Escrow with deploy/escrow.yaml
	swift build $(BUILD_FLAGS) --product escrow
	exec "$$(swift build --show-bin-path)/escrow" serve --config deploy/escrow.yaml

# So many tests at a time: more would keep each other from the processor for longer than peers wait.
AT_A_TIME := --experimental-maximum-parallelization-width 16

test: deps ## Run every test, the end-to-end stories with foreign peers included
	swift test $(BUILD_FLAGS) --disable-xctest $(AT_A_TIME)

bench: deps ## Measure against the reference peers (release build)
	swift build $(BUILD_FLAGS) --configuration release --product escrow
	@mkdir -p .build/bench
	@# All of them, also when one finds that something is not as it should be.
	@failed=; for name in side_by_side commitment idle isolation rates many_senders; do \
		.venv/bin/python Benchmarks/$$name.py --json .build/bench/$$name.json || failed="$$failed $$name"; \
	done; [ -z "$$failed" ] || { echo "not as it should be:$$failed"; exit 1; }

# How long `make soak` takes.
MINUTES ?= 60
soak: deps ## Does anything grow in an hour of mixed traffic? (MINUTES=60, release build)
	swift build $(BUILD_FLAGS) --configuration release --product escrow
	.venv/bin/python Benchmarks/soak.py --minutes $(MINUTES) --csv .build/soak.csv --svg .build/soak.svg

growth: export ESCROW_BENCHMARKS := 1
growth: deps ## Measure every operation with up to a million queued deliveries (release build)
	swift build $(BUILD_FLAGS) --configuration release --product escrow
	swift build $(BUILD_FLAGS) --configuration release --product escrow-growth
	.venv/bin/python Benchmarks/growth.py

micro: export ESCROW_BENCHMARKS := 1
micro: deps ## Count instructions and allocations of what is done most, and time it (release build)
	@.ci/install-packages valgrind
	swift build $(BUILD_FLAGS) --configuration release --product escrow-count
	.venv/bin/python Benchmarks/instructions.py
	swift package benchmark --target escrow-benchmarks

format: ## Rewrite the sources as swift format wants them
	swift format --in-place --parallel --recursive $(SOURCES)

lint: ## Check the format and the style rules
	swift format lint --strict --parallel --recursive $(SOURCES)

sanitize: deps ## Run the tests in process under the thread and address sanitizers
	swift test --disable-xctest --sanitize=thread --scratch-path .build-thread --skip EndToEndTests $(AT_A_TIME)
	@# Foundation's Process reads past a directory entry by itself, so what starts a program is left out here.
	ASAN_OPTIONS=detect_leaks=0 swift test --disable-xctest --sanitize=address --scratch-path .build-address \
	  --skip EndToEndTests --skip otherToolkits $(AT_A_TIME)

# How many times as much as `make test` does.
TORTURE ?= 100
torture: deps ## Power cuts, kills and failing system calls, TORTURE times as many (100: some hours)
	TORTURE=$(TORTURE) swift test $(BUILD_FLAGS) --disable-xctest $(AT_A_TIME) \
	  --filter 'PowerCut|Restart/|SystemCalls|Simulat'

deps: test-packages .venv/requirements.txt ## Install what building and testing need

build-deps:
	@.ci/install-packages $(BUILD_PACKAGES)

test-packages:
	@.ci/install-packages $(BUILD_PACKAGES) $(TEST_PACKAGES)

# The Python peers live in .venv; it is made anew when their versions change.
.venv/requirements.txt: $(REQUIREMENTS) | test-packages
	rm -rf .venv
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(REQUIREMENTS)
	cp $(REQUIREMENTS) $@
