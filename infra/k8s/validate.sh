#!/bin/bash
# Validates everything a cluster or a container builder would read, offline once the tools are installed; `--update` rewrites the golden files.
# Installs its tools into infra/k8s/.venv on first use and whenever their lock changes.
set -euo pipefail
cd "$(dirname "$0")"

bin=.venv/bin
if ! cmp --silent requirements.lock .venv/installed.lock; then
  ../../.venv/bin/python -m venv --clear .venv
  $bin/pip install --quiet --require-hashes --requirement requirements.lock
  cp requirements.lock .venv/installed.lock
fi

$bin/yamllint --strict --config-file yamllint.yaml base components overlays yamllint.yaml
$bin/hadolint --failure-threshold style ../../services/*/Dockerfile
# Each of these must be able to fail, so each is shown something it has to refuse.
if printf 'FROM debian\nUSER root\nRUN cd /tmp\n' | $bin/hadolint - > /dev/null; then
  echo "hadolint let a root user and an image without a tag pass" >&2
  exit 1
fi
PYTHONPATH=. $bin/python -m validation "$@"
