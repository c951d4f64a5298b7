#!/bin/bash
# Puts run bundles before every third-party tool that can judge them: unzip, 7z, sha256sum, bagit, bagit-profile (by
# Samples/bagit-profile.json), bdbag and roc-validator, and the .sha256 beside a bundle where there is one. One line a
# bundle; on an objection the tool's own words and exit status 1.
#
# usage: judge.sh BUNDLE.zip…
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$here/.venv/bin/python
if [[ ! -x $python || ! -f $here/.venv/context.sqlite ]]; then
  echo "judge: the Python validators are not installed; run $here/setup.sh" >&2
  exit 69
fi
if (($# == 0)); then
  echo "usage: judge.sh BUNDLE.zip…" >&2
  exit 64
fi

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# Runs a tool in a folder; stays quiet unless it objects.
ask() {
  local bundle=$1 tool=$2 folder=$3
  shift 3
  if ! (cd "$folder" && "$@") >"$temporary/words" 2>&1 </dev/null; then
    echo "judge: $bundle: $tool:" >&2
    sed 's/^/  /' "$temporary/words" >&2
    objected=yes
  fi
}

objected=no
pairs=()
lines=()
for bundle in "$@"; do
  if [[ ! -f $bundle ]]; then
    echo "judge: $bundle: no such file" >&2
    exit 1
  fi
  bundle=$(realpath "$bundle")
  name=$(basename "$bundle")
  folder=$temporary/${#lines[@]}
  bag=$folder/${name%.zip}
  mkdir "$folder"
  ask "$bundle" unzip "$folder" unzip -tq "$bundle"
  ask "$bundle" 7z "$folder" 7z t -bso0 -bsp0 "$bundle"
  ask "$bundle" unzip "$folder" unzip -q "$bundle"
  # A partial bundle is named NAME.partial.zip and has the folder NAME.
  [[ -d $bag ]] || bag=$folder/${name%.partial.zip}
  if [[ ! -d $bag ]]; then
    echo "judge: $bundle: holds no folder ${name%.zip}" >&2
    exit 1
  fi
  ask "$bundle" sha256sum "$bag" sha256sum --check --strict --quiet manifest-sha256.txt tagmanifest-sha256.txt
  judges="unzip 7z sha256sum bagit bagit-profile bdbag roc-validator"
  if [[ -f $bundle.sha256 ]]; then
    ask "$bundle" "sha256sum (beside it)" "$(dirname "$bundle")" sha256sum --check --strict --quiet "$name.sha256"
    judges+=" sidecar"
  fi
  pairs+=("$bag" "$bundle")
  lines+=("judge: $name: $judges ok")
done

# roc-validator writes to its cache and bdbag to its home: each call gets its own.
cp "$here/.venv/context.sqlite" "$temporary/context.sqlite"
HOME=$temporary TMPDIR=$temporary "$python" "$here/judge.py" "$temporary/context.sqlite" "${pairs[@]}" || objected=yes
[[ $objected == no ]] || exit 1
printf '%s\n' "${lines[@]}"
