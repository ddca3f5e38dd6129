# The commands of the project. On a fresh Debian 12 machine with the Swift 6.3 toolchain, `make demo` and
# `make test` install what they need and run.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.PHONY: demo test build deps test-deps unit interop bench format lint clean

# C libraries and tools that the build needs.
PACKAGES := pkg-config libzstd-dev liblz4-dev libsnappy-dev zlib1g-dev libsqlite3-dev libpcre2-dev libmd-dev libedit-dev
# What only the tests need: Python for the independent readers, Java for Spark's parser.
TEST_PACKAGES := python3 python3-venv openjdk-17-jre-headless
VENV := .venv
WAREHOUSE := warehouse
DT := 2026-01-31
LAKESQL := .build/release/lakesql

# Installs Debian packages that are missing.
define install
missing=$$(for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done)
if [ -n "$$missing" ]; then
  sudo=$$([ $$(id -u) -eq 0 ] || echo sudo)
  $$sudo apt-get update -q
  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q $$missing
fi
endef

deps:
	$(call install,$(PACKAGES))

build: deps
	swift build -c release --static-swift-stdlib --product lakesql

demo: build
	run() { echo "== lakesql -f $$1"; $(LAKESQL) --warehouse $(WAREHOUSE) -f fixtures/bank/sql/$$1 \
	  --hivevar sources="$$PWD/fixtures/bank/data" --hivevar dt=$(DT); }
	for script in sources_to_raw raw_to_silver silver_to_gold gold_to_star reports; do run $$script.sql; done

# Tools from PyPI, in an environment of the project's own.
$(VENV)/.done: Tests/Interop/requirements.txt
	$(call install,$(TEST_PACKAGES))
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/Interop/requirements.txt
	touch $@

test-deps: deps $(VENV)/.done

unit: deps
	swift test --parallel

interop: test-deps build
	LAKESQL="$$PWD/$(LAKESQL)" $(VENV)/bin/python -m pytest -q Tests/Interop

test: lint unit interop

bench: test-deps build
	$(VENV)/bin/python Benchmarks/run.py --lakesql $(LAKESQL)

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

clean:
	rm -rf .build $(VENV) $(WAREHOUSE)
