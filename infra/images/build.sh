#!/bin/bash
# Builds service images: `BUILD_IMAGE=... BASE_IMAGE=... infra/images/build.sh ingest routing`; without the two, bases.sh makes them.
# The wheels are fetched first and checked against the lock; the build itself runs without a network.
set -euo pipefail
cd "$(dirname "$0")/../.."

services=("$@")
[ ${#services[@]} -gt 0 ] || services=(ingest routing crm-sync kpi)
if [ -z "${BUILD_IMAGE:-}" ] && [ -z "${BASE_IMAGE:-}" ]; then
  bases=$(infra/images/bases.sh)
  eval "$bases"
fi
for image in "${BUILD_IMAGE:-}" "${BASE_IMAGE:-}"; do
  [[ $image == *@sha256:* ]] || { echo "BUILD_IMAGE and BASE_IMAGE must both be set by digest (name@sha256:...); got '$image'" >&2; exit 2; }
done

tool=${CONTAINER_TOOL:-podman}
version=$(git describe --tags --always --dirty)
revision=$(git rev-parse HEAD)
for service in "${services[@]}"; do
  locked=$(mktemp)
  python3.11 infra/images/lock_closure.py "infra/images/$service.in" requirements.lock > "$locked"
  mkdir -p build/wheels
  python3.11 -m pip download --quiet --only-binary :all: --no-deps --require-hashes -r "$locked" -d build/wheels
  rm "$locked"
  "$tool" build --network=none --file "services/$service/Dockerfile" --tag "switchboard/$service:$version" \
    --build-arg BUILD_IMAGE="$BUILD_IMAGE" --build-arg BASE_IMAGE="$BASE_IMAGE" \
    --build-arg VERSION="$version" --build-arg REVISION="$revision" .
done
