# Every verb of this repository; `make` alone prints them.
.DEFAULT_GOAL := help
SHELL := bash
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := protos libs/chassis cli services/ingest services/routing services/crm-sync services/kpi
PROTOS := $(shell find protos/switchboard -name '*.proto')

help:  ## print this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.ready: requirements.lock $(addsuffix /pyproject.toml,$(PACKAGES))
	test -x $(BIN)/python || python3.11 -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	touch $@

venv: $(VENV)/.ready  ## build .venv from requirements.lock

generate: $(VENV)/.ready  ## rebuild protos/gen from protos/switchboard
	rm -rf protos/gen && mkdir -p protos/gen
	$(BIN)/python -m grpc_tools.protoc -Iprotos --plugin=protoc-gen-mypy_grpc=$(BIN)/protoc-gen-mypy_grpc \
	  --python_out=protos/gen --pyi_out=protos/gen --grpc_python_out=protos/gen --mypy_grpc_out=quiet:protos/gen $(PROTOS)
	grep -L ^service $(PROTOS) | sed -E 's|^protos/(.*)\.proto$$|protos/gen/\1_pb2_grpc.py protos/gen/\1_pb2_grpc.pyi|' | xargs rm -f
	find protos/gen/switchboard -type d -exec touch {}/__init__.py \;

.PHONY: help venv generate
