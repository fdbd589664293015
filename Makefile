# One line each. `make demo` and `make test` are all that a newcomer needs.
SWIFT ?= swift
PORTS ?=
VERSIONS ?= 22 16
SCENARIOS ?=
SEED ?= 1
SECONDS ?= 60
HOURS ?= 1

.PHONY: deb test-deb pictures demo test test-fast test-asterisk chaos soak bench bench-stages bench-accept asan fuzz kills mutants format lint arrows install-deps install-test-deps install-switch-deps

demo: install-deps        ## the gateway beside the bundled switch, with an invented anagrafica
	@[ -x .build/debug/centralino ] || echo "Building the program once: about three minutes on two cores. [done/all] counts its parts; after that a start takes seconds."
	$(SWIFT) build --product centralino
	exec .build/debug/centralino demo $(PORTS)

deb: install-deps install-deb-deps  ## the Debian 12 package, in .build/deb; six minutes and more on two cores the first time
	@SWIFT="$(SWIFT)" .packaging/deb

test-deb: install-deb-deps ## the package in a clean Debian 12, as root: installs, runs, upgrades, removes, purges it
	-@$(MAKE) --no-print-directory install-switch-deps
	@SWIFT="$(SWIFT)" .ci/test-deb

test: install-deps install-test-deps  ## everything
	$(SWIFT) test

test-fast:                ## the rules alone, without sockets, database and SwiftNIO: seconds after the first build
	CENTRALINO_PURE=1 $(SWIFT) test --disable-xctest --scratch-path .build/pure

test-asterisk: install-deps  ## beside a real Asterisk, as root: VERSIONS="22 16", SCENARIOS=telling or names; random plays: SCENARIOS=chaos SEED=7 SECONDS=420
	-@$(MAKE) --no-print-directory install-switch-deps
	@CENTRALINO_SCENARIOS="$(SCENARIOS)" CENTRALINO_SEED="$(SEED)" CENTRALINO_SECONDS="$(SECONDS)" SWIFT="$(SWIFT)" .ci/test-asterisk $(VERSIONS)

chaos: install-deps       ## random plays, seed after seed, as root: make chaos HOURS=8 SEED=1
	-@$(MAKE) --no-print-directory install-switch-deps
	@SWIFT="$(SWIFT)" .ci/chaos $(HOURS) $(SEED) $(VERSIONS)

soak: install-deps        ## the release program under load and faults, with a picture: make soak HOURS=1 SEED=1
	@sh .ci/install-deps python3-matplotlib util-linux
	$(SWIFT) build -c release --product centralino
	Tests/Soak/run --hours $(HOURS) --seed $(SEED)

BENCH ?=
bench: install-deps install-test-deps ## what the gateway must cost, in one table: make bench BENCH="--only firehose --events 100000"
	@SWIFT="$(SWIFT)" Tests/Benchmarks/run $(BENCH)

bench-stages: ## instructions an event, stage by stage, beside the baseline; fails where one grew by more than 5 %
	SWIFT="$(SWIFT)" Tests/Benchmarks/stages --check

bench-accept: ## what bench-stages counts now becomes the baseline
	SWIFT="$(SWIFT)" Tests/Benchmarks/stages --accept

format:
	swift format -i -p -r Package.swift Protocols Simulator Sources Tests

lint:
	swift format lint --strict -p -r Package.swift Protocols Simulator Sources Tests

arrows:                   ## no target imports what Package.swift does not allow
	$(SWIFT) build --build-tests --explicit-target-dependency-import-check error

install-deps:             ## what the program stands on
	@sh .ci/install-deps libuv1-dev libssl-dev libsqlite3-dev libzstd-dev zlib1g-dev libphonenumber-dev libcurl4-openssl-dev pkg-config

install-test-deps:        ## what only the tests need: a browser, validators of JSON Schema and YAML, zstd, valgrind
	@sh .ci/install-deps chromium chromium-driver python3 python3-jsonschema python3-yaml python3-venv zstd openssl curl nginx-light util-linux valgrind gcc libc6-dev

install-deb-deps:         ## what builds the package and judges it
	@sh .ci/install-deps dpkg-dev binutils python3 lintian

install-switch-deps:      ## what a real Asterisk for the tests needs; Asterisk itself goes into a chroot
	@sh .ci/install-deps debootstrap python3 openssl

pictures: install-deps install-test-deps  ## renews the pictures of the README and of Tests/BrowserTests/Screenshots, as the browser's tests see the pages
	$(SWIFT) build --build-tests
	rm -rf .build/pictures
	CENTRALINO_SCREENSHOTS="$(CURDIR)/.build/pictures" $(SWIFT) test --skip-build --filter BrowserTests
	set -e; for picture in Tests/BrowserTests/Screenshots/*.png; do cp ".build/pictures/$${picture##*/}" "$$picture"; done

asan:                     ## the world's tests under AddressSanitizer
	SWIFT_BACKTRACE=enable=no $(SWIFT) test --disable-xctest --sanitize=address --scratch-path .build-asan --filter "EventLoopTests|TLSTests|JournalTests|OutboundTests"

fuzz: install-deps        ## invented bytes against the link to a switch: make fuzz SECONDS=600 TARGET=Switch
	Tests/Fuzz/run $(SECONDS) $(TARGET)

KILLS ?= 200
SEED ?= 1
kills: install-deps       ## the program killed under 20 calls a second, its records held against what happened: make kills KILLS=200 SEED=1
	$(SWIFT) build --build-tests
	CENTRALINO_KILLS=$(KILLS) CENTRALINO_KILLS_SEED=$(SEED) $(SWIFT) test --skip-build --filter KilledProgramTests

MUTANTS ?=
mutants: install-deps     ## small faults put into the code on purpose, each of which a test must notice: make mutants MUTANTS=clock
	Tests/Mutants/run $(MUTANTS)
