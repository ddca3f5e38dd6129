# The commands of the project. On a fresh Debian 12 machine with the Swift 6.3 toolchain, git and make,
# `make demo` and `make test` install what they need and run.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test build deps test-deps unit interop bench bench-parquet format lint clean

# What the build needs: a linker's C and C++ libraries, git for the Swift packages, the C libraries, and the time
# zones that the engine reads.
PACKAGES := git ca-certificates pkg-config libc6-dev libstdc++-12-dev libzstd-dev liblz4-dev libsnappy-dev libbrotli-dev zlib1g-dev \
  libsqlite3-dev libpcre2-dev libmd-dev libedit-dev tzdata
# What only the tests need: Python for the independent readers, Java for Spark's parser.
TEST_PACKAGES := python3 python3-venv openjdk-17-jre-headless
VENV := .venv
WAREHOUSE := warehouse
DT := 2026-01-31
LAKESQL := .build/release/lakesql

# Installs Debian packages that are missing; elsewhere it trusts that the libraries are there.
define install
if command -v dpkg-query > /dev/null; then
  missing=$$(for p in $(1); do \
    dpkg-query -W -f '$${Status}' $$p 2> /dev/null | grep -q 'ok installed' || echo $$p; done)
  if [ -n "$$missing" ]; then
    echo "installing" $$missing >&2
    sudo=$$([ $$(id -u) -eq 0 ] || echo sudo)
    $$sudo apt-get update -q >&2
    $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing >&2
  fi
fi
endef

deps:
	@$(call install,$(PACKAGES))
	command -v swift > /dev/null || { echo "the Swift 6.3 toolchain is not on the path: https://swift.org/install" >&2; exit 1; }

build: deps
	@swift build -c release --static-swift-stdlib --product lakesql >&2

demo: build
	@for script in sources_to_raw raw_to_silver silver_to_gold gold_to_star reports; do
	  echo "== lakesql -f $$script.sql"
	  $(LAKESQL) --warehouse $(WAREHOUSE) -f fixtures/bank/sql/$$script.sql \
	    --hivevar sources="$$PWD/fixtures/bank/data" --hivevar dt=$(DT)
	done

# Tools from PyPI, in an environment of the project's own.
$(VENV)/.done: Tests/Interop/requirements.txt
	@$(call install,$(TEST_PACKAGES))
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/Interop/requirements.txt
	touch $@

test-deps: deps $(VENV)/.done

# A test that hangs ends the run after so many seconds; what had not ended then is named.
UNIT_SECONDS := 900
UNIT_LOG := .build/unit.log

unit: deps
	@swift build --build-tests
	if timeout --signal=INT --kill-after=30 $(UNIT_SECONDS) \
	  stdbuf -oL -eL swift test --skip-build --parallel > $(UNIT_LOG) 2>&1; then
	  tail -n 1 $(UNIT_LOG)
	  exit
	fi
	tail -n 30 $(UNIT_LOG)
	echo "== what failed, of $(UNIT_LOG)"
	grep -a -E 'recorded an issue|Fatal error|^error: ' $(UNIT_LOG) || true
	echo "== tests that had begun and not ended"
	awk '{ sub(/^[^ ]+ +/, "") }
	  /^Test (run|case) / { next }
	  /^Test .* started[.]$$/ { sub(/ started[.]$$/, ""); open[$$0]++; next }
	  /^Test .* (passed|failed) after / { sub(/( with [0-9]+ test cases?)? (passed|failed) after .*/, ""); open[$$0]-- }
	  END { for (name in open) if (open[name] > 0) print name }' $(UNIT_LOG)
	exit 1

# Each test has its own limit, see Tests/Interop/pytest.ini.
interop: test-deps build
	@LAKESQL="$$PWD/$(LAKESQL)" $(VENV)/bin/python -m pytest -q --durations=10 Tests/Interop

# Cheap checks first.
test:
	@$(MAKE) lint
	$(MAKE) unit
	$(MAKE) interop

# SUITE=tpch, tpcds or ssb
SUITE := tpch
bench: test-deps build
	@$(VENV)/bin/python Benchmarks/run.py --lakesql $(LAKESQL) --suite $(SUITE)

bench-parquet: test-deps build
	@$(VENV)/bin/python Benchmarks/parquet.py --lakesql $(LAKESQL)

format:
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

lint:
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests

clean:
	@rm -rf .build $(VENV) $(WAREHOUSE)
