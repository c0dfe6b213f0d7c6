#!/bin/bash
# Makes the two base images out of Debian packages, for machines that reach no image registry; knows no service.
# Prints BUILD_IMAGE=... and BASE_IMAGE=..., each by digest, for build.sh. Needs mmdebstrap and podman, and to be root.
set -euo pipefail

suite=bookworm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The build stage: a small Debian with a shell, Python and pip.
mmdebstrap --quiet --variant=apt --include=python3.11,python3.11-venv "$suite" "$work/build.tar"

# The final stage: Python and the libraries it needs, unpacked without their scripts. Then every program but Python
# goes, the shell among them; the package database stays, so scanners can still tell what is inside.
cat > "$work/strip" <<'STRIP'
#!/bin/sh
set -eu
cd "$1"
find bin sbin usr/bin usr/sbin ! -type d ! -name 'python3.11' -delete
rm -rf usr/share/doc usr/share/man usr/share/perl5 usr/lib/x86_64-linux-gnu/perl-base usr/share/locale var/cache var/lib/apt
mkdir -p etc/ssl/certs tmp
chmod 1777 tmp
cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt
echo 'nonroot:x:65532:65532:nonroot:/nonexistent:/nonexistent' > etc/passwd
echo 'nonroot:x:65532:' > etc/group
STRIP
chmod +x "$work/strip"
mmdebstrap --quiet --variant=extract --include=python3.11,ca-certificates,libstdc++6 --extract-hook="$work/strip" "$suite" "$work/base.tar"

for name in build base; do
  podman import --quiet "$work/$name.tar" "localhost/switchboard-$name:$suite" > /dev/null
  digest=$(podman image inspect --format '{{.Digest}}' "localhost/switchboard-$name:$suite")
  echo "${name^^}_IMAGE=localhost/switchboard-$name@$digest"
done
