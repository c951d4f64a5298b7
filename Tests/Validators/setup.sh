#!/bin/bash
# Installs the pinned Python validators into a virtual environment beside this script. Quiet, and done once for
# each state of requirements.txt and seed_context.py.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
environment=$here/.venv
stamp=$(cat "$here/requirements.txt" "$here/seed_context.py" "$here/setup.sh" | sha256sum | cut -d' ' -f1)
if [[ -f $environment/stamp && $(<"$environment/stamp") == "$stamp" ]]; then
  exit 0
fi

# Debian's own Python where there is one: its venv module is the package that Tests/run.sh installs.
python=/usr/bin/python3
[[ -x $python ]] || python=python3
rm -rf "$environment"
"$python" -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
"$environment/bin/python" "$here/seed_context.py" "$environment/context.sqlite"
echo "$stamp" >"$environment/stamp"
