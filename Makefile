# The front door. CMake presets do the work; what is missing on the machine, scripts/setup installs.

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
JOBS ?= $(shell nproc)
# Tests of whole workers mostly wait.
TEST_JOBS ?= $(shell expr $(JOBS) + 1)

CTEST = ctest --output-on-failure --parallel $(TEST_JOBS) $(CTEST_FLAGS)

.DEFAULT_GOAL := help
.PHONY: help demo build test soak chaos bench lint install package platforms asan tsan fuzz clean

help: ## Show this list
	@echo 'Targets:'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
	  while IFS='|' read -r target text; do printf '%-15s %s\n' "$$target" "$$text"; done

demo: build ## Build, then watch a producer, Redis and a worker play together
	build/release/rqpp demo

build: ## Build the command line, the library and the examples into build/release
	@scripts/setup build run test
	cmake --preset product
	cmake --build --preset product

test: ## Build everything and run every test, also against Python RQ
	@scripts/setup build run test
	@scripts/rq-venv
	cmake --preset release
	cmake --build --preset release
	$(CTEST) --test-dir build/release

soak: ## Use every feature at a million jobs, and look at each call that Redis executes: five minutes
	@scripts/setup build run test
	cmake --preset release
	cmake --build build/release --target soak_tests rqpp_cli
	RQPP_SOAK_JOBS=1000000 build/release/soak_tests

chaos: ## Break everything at random: CHAOS_FLAGS: --seeds 1-20 --seconds 60, --bytes, --no-bytes
	@scripts/setup build run test
	@scripts/rq-venv
	cmake --preset release
	cmake --build build/release --target chaos_tests rqpp_cli
	scripts/chaos $(CHAOS_FLAGS)

bench: ## Measure beside six other queues; BENCH_FLAGS: --only drain --rounds 3, --growth, --quick, --write, --costs, --recovery
	@scripts/setup build run test
	scripts/bench $(BENCH_FLAGS)

lint: ## Check format, style, includes, spelling and scripts
	@scripts/setup
	scripts/lint

install: build ## Install into PREFIX (/usr/local), below DESTDIR if given
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" -eq 0 ]; then ldconfig; fi

package: build ## Make a Debian package in build/package
	cd build/release && cpack -G DEB -B $(CURDIR)/build/package
	@ls $(CURDIR)/build/package/*.deb

platforms: ## Build and try it on fresh Debian 12, Debian 13 and Ubuntu 24.04, with GCC 12 to 14 and clang (root)
	scripts/platforms $(PLATFORMS)

# One release of RQ asks of the sanitizers what all of them do, and what keys look like or a package
# holds does not depend on them.
asan: ## Run every test with the address and undefined behaviour sanitizers
	@scripts/setup build run test
	@scripts/rq-venv
	cmake --preset asan
	cmake --build --preset asan
	$(CTEST) --test-dir build/asan --exclude-regex '^interop.*rq-(1\.|2\.6|3\.)|^interop.test_(same_keys|webhooks)|^package'

tsan: ## Run every test with the thread sanitizer
	@scripts/setup build run test
	@scripts/rq-venv
	cmake --preset tsan
	cmake --build --preset tsan
	$(CTEST) --test-dir build/tsan

fuzz: ## Run each fuzz target for FUZZ_SECONDS (60) seconds
	@scripts/setup
	FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz

clean: ## Remove everything that was built
	rm -rf build
