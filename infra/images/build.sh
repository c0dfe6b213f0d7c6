#!/bin/bash
# Builds service images and looks into each: `BUILD_IMAGE=... BASE_IMAGE=... infra/images/build.sh ingest routing`; no names: all four.
# The wheels are fetched first and checked against the lock; the build itself runs without a network. Without the two images,
# bases.sh makes them. Needs podman with runc or crun, or CONTAINER_TOOL; sets no limits, ports or policies of its own.
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
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p build/wheels
for service in "${services[@]}"; do
  python3.11 infra/images/lock_closure.py "infra/images/$service.in" requirements.lock > "$work/lock"
  python3.11 -m pip download --quiet --only-binary :all: --no-deps --require-hashes -r "$work/lock" -d build/wheels
  image=localhost/switchboard/$service
  "$tool" build --network=none --file "services/$service/Dockerfile" --tag "$image:$version" --tag "$image:local" \
    --build-arg BUILD_IMAGE="$BUILD_IMAGE" --build-arg BASE_IMAGE="$BASE_IMAGE" \
    --build-arg VERSION="$version" --build-arg REVISION="$revision" .
  "$tool" run --rm --interactive --network=none --read-only --cap-drop=ALL --security-opt=no-new-privileges \
    --entrypoint /opt/venv/bin/python "$image:local" - "${service//-/_}" < infra/images/inside.py
done
