#!/bin/bash
# The whole job without an account: builds comfykeep, starts its local service, takes the sample photos and the sample
# clip through it, and keeps and verifies the results.
#
# usage: Samples/quickstart.sh [ARCHIVE_FOLDER]        a fresh folder for temporary files if left out
#
# COMFYKEEP_BINARY names a comfykeep that is built already; then nothing is installed or built.
set -euo pipefail
samples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if (($# > 1)) || [[ ${1:-} == -* ]]; then
  echo "usage: Samples/quickstart.sh [ARCHIVE_FOLDER]" >&2
  exit 64
fi
# Taken before the folder changes, since it may be relative.
[[ -z ${COMFYKEEP_BINARY:-} ]] || COMFYKEEP_BINARY=$(realpath "$COMFYKEEP_BINARY")
if (($# == 1)); then
  mkdir -p "$1"
  archive=$(realpath "$1")
else
  archive=$(mktemp -d "${TMPDIR:-/tmp}/comfykeep-quickstart.XXXXXX")
fi
cd "$samples/.."

# Shows every hundredth of the lines that only count, and none that say where sources come from.
quietly() {
  awk '/^(Fetch|Comput|Creating working|Working copy)/ { next }
    !/^\[[0-9]+\/[0-9]+\]/ || ++n % 100 == 0 { print; fflush() }'
}

step() { printf '\n== %s\n' "$*"; }

if [[ -n ${COMFYKEEP_BINARY:-} ]]; then
  comfykeep=$COMFYKEEP_BINARY
else
  step "packages and toolchain"
  "$samples/prepare.sh" unzip

  step "build (some minutes the first time)"
  swift build -c release --product comfykeep 2>&1 | quietly
  comfykeep=$(swift build -c release --show-bin-path)/comfykeep
fi

# The local service is reached without a proxy, whatever the environment names for the rest of the world.
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"
export NO_PROXY=$no_proxy

step "start the local service"
temporary=$(mktemp -d)
export RUNCOMFY_API_TOKEN=simulator-token  # the local service takes the token that is set here
"$comfykeep" simulate --port 0 --ready-file "$temporary/ready.json" >"$temporary/service.log" 2>&1 &
service=$!
stop() {
  kill "$service" 2>/dev/null || true
  wait "$service" 2>/dev/null || true
  rm -rf "$temporary"
}
trap stop EXIT
for _ in {1..300}; do
  [[ ! -s $temporary/ready.json ]] || break
  kill -0 "$service" 2>/dev/null || break
  sleep 0.1
done
if [[ ! -s $temporary/ready.json ]]; then
  echo "quickstart: the local service did not start:" >&2
  cat "$temporary/service.log" >&2
  exit 1
fi
RUNCOMFY_API_URL=$(sed -nE 's/.*"api" *: *"([^"]+)".*/\1/p' "$temporary/ready.json")
export RUNCOMFY_API_URL
echo "$RUNCOMFY_API_URL"

step "photos"
"$comfykeep" run Samples/photos --archive "$archive" \
  --deployment 00000000-0000-4000-8000-000000000001 --asset 189.image

step "clip"
"$comfykeep" run Samples/clips --archive "$archive" --deployment 00000000-0000-4000-8000-000000000002

step "verify"
mapfile -d '' -t bundles < <(find "$archive" -name 'run-*.zip' -print0 | sort -z)
if ((${#bundles[@]} == 0)); then
  echo "quickstart: no bundle was made in $archive" >&2
  exit 1
fi
"$comfykeep" verify "${bundles[@]}"
for bundle in "${bundles[@]}"; do
  (cd "$(dirname "$bundle")" && sha256sum --quiet --check "$(basename "$bundle").sha256" && unzip -tq "$bundle" >/dev/null)
done
echo "sha256sum and unzip agree on ${#bundles[@]} bundles"

step "what is kept"
"$comfykeep" list --archive "$archive"

first=${bundles[0]}
name=$(basename "$first" .zip)
cat <<TEXT

The bundles lie in $archive. To look at one:

    unzip -d /tmp "$first"
    xdg-open /tmp/$name/data/ro-crate-preview.html
    (cd /tmp/$name && sha256sum --check manifest-sha256.txt)
TEXT
