# Every verb of this repository; `make` alone prints them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := protos libs/chassis cli services/ingest services/routing services/crm-sync services/kpi
SOURCES := libs/chassis/src cli/src services/ingest/src services/routing/src services/crm-sync/src services/kpi/src
PROTOS := $(shell find protos/switchboard -name '*.proto' | sort)
# Where generated code goes; `verify` builds it a second time beside the committed one.
GEN := protos/gen
# The annotations our protos use, as googleapis-common-protos ships them; buf reads no other place than a module's.
GOOGLEAPIS := $(VENV)/googleapis
STATE := .switchboard
# Which Python .venv is made with, the first usable one by default: make PYTHON=python3.12 ...
PYTHON ?=
# Not empty where .venv is another directory's or another Python's, or its Python is gone.
STALE := $(shell { read -r at && read -r with; } 2> /dev/null < $(VENV)/.ready && [ "$$at" = "$(CURDIR)" ] \
  && { [ -z "$(PYTHON)" ] || [ "$$with" = "$(PYTHON)" ]; } && [ -x $(BIN)/python ] || echo stale)
ARGS :=

help:  ## print this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.ready  ## a minute and a half that shows everything working, on made-up data
	$(BIN)/switchboard demo $(ARGS)

up: $(VENV)/.ready  ## start the whole stack here and keep it running (STATE=dir); Ctrl-C stops it
	@exec $(BIN)/switchboard up --state $(STATE) $(ARGS)

test: $(VENV)/.ready  ## every test: unit, conformance, integration, e2e, faults
	@$(BIN)/pytest -q -n 2 $(addprefix tests/,unit conformance integration e2e faults) $(ARGS)

test-unit: $(VENV)/.ready  ## the tests that need no server, in seconds
	@$(BIN)/pytest -q -n 2 tests/unit tests/conformance $(ARGS)

lint: $(VENV)/.ready $(GOOGLEAPIS)  ## style, types, import contracts, protos
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/buf lint

format: $(VENV)/.ready  ## put the code into the house's form
	@left=0; $(BIN)/ruff format -q || left=$$?; $(BIN)/ruff check --fix || left=$$?; $(BIN)/ruff format || left=$$?; exit $$left

verify: $(VENV)/.ready  ## prove that generated code is current
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	$(MAKE) -s generate GEN="$$fresh/gen"; \
	diff -r -q -x __pycache__ $(GEN) "$$fresh/gen" || { echo "generated code is not current: make generate, then commit protos/gen"; exit 1; }; \
	echo "generated code is current"

breaking: $(VENV)/.ready $(GOOGLEAPIS)  ## prove that no contract broke since the last release tag
	@tag=$$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || true); \
	if [ -z "$$tag" ]; then echo "no release tag yet: there is no contract to break"; exit 0; fi; \
	before=$$(mktemp -d); trap 'rm -rf "$$before"' EXIT; \
	git archive "$$tag" buf.yaml protos | tar -x -C "$$before"; mkdir -p "$$before/$(VENV)"; cp -r $(GOOGLEAPIS) "$$before/$(VENV)"; \
	$(BIN)/buf breaking --against "$$before" && echo "no contract broke since $$tag"

bench: $(VENV)/.ready  ## every number the README quotes, measured again (minutes)
	@for file in $(filter-out bench/soak.py bench/ratios.py,$(wildcard bench/[a-z]*.py)); do echo "== $$file"; $(BIN)/python $$file $(ARGS); done

soak: $(VENV)/.ready  ## ten minutes of a mixed load with a memory ceiling per service (ARGS='--minutes 60')
	@$(BIN)/python bench/soak.py $(ARGS)

k8s-validate: $(VENV)/.ready  ## render every overlay and validate it offline
	@bash infra/k8s/validate.sh

images:  ## build the four container images without a network (podman, buildah, mmdebstrap; see infra/README.md)
	@bash infra/images/build.sh $(ARGS)

$(VENV)/.ready: requirements.lock $(addsuffix /pyproject.toml,$(PACKAGES)) $(STALE)
	@PYTHON="$(PYTHON)" .ci/venv $(PACKAGES)

$(GOOGLEAPIS): $(VENV)/.ready
	mkdir -p $@/google/api
	cp $(VENV)/lib/python3.*/site-packages/google/api/{field_behavior,resource}.proto $@/google/api
	touch $@

venv: $(VENV)/.ready $(GOOGLEAPIS)  ## build .venv from requirements.lock

generate: $(VENV)/.ready $(GOOGLEAPIS)  ## rebuild protos/gen from protos/switchboard
	rm -rf $(GEN) && mkdir -p $(GEN)
	$(BIN)/python -m grpc_tools.protoc -Iprotos -I$(GOOGLEAPIS) --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
	  --python_out=$(GEN) --pyi_out=$(GEN) --grpc_python_out=$(GEN) --mypy_grpc_out=quiet:$(GEN) $(PROTOS)
	grep -L ^service $(PROTOS) | sed -E 's|^protos/(.*)\.proto$$|$(GEN)/\1_pb2_grpc.py $(GEN)/\1_pb2_grpc.pyi|' | xargs rm -f
	find $(GEN)/switchboard -type d -exec touch {}/__init__.py \;
	@set=$$(mktemp); trap 'rm -f "$$set"' EXIT; $(BIN)/python -m grpc_tools.protoc -Iprotos -I$(GOOGLEAPIS) --include_source_info \
	  --descriptor_set_out="$$set" $(PROTOS) && $(BIN)/python protos/structs.py "$$set" $(GEN)

roles: $(VENV)/.ready  ## rebuild infra/postgres/roles.sql from what the services declare
	$(BIN)/python -m chassis.roles ingest.main routing.main crm_sync.main kpi.main > infra/postgres/roles.sql

.PHONY: stale help demo up test test-unit lint format verify breaking bench soak k8s-validate images venv generate roles
