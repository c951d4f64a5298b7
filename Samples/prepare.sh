#!/bin/bash
# Makes a Debian 12 machine ready to build comfykeep: installs the packages that are missing and looks for a Swift
# toolchain. Changes nothing when all is there.
#
# usage: prepare.sh [FURTHER_PACKAGE…]
set -euo pipefail

# The compiler's linker and headers, SwiftPM's git, and the libraries that comfykeep uses.
packages=(g++ git pkg-config ca-certificates libcurl4-openssl-dev libsqlite3-dev zlib1g-dev "$@")

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_missing() {
  if ! command -v dpkg-query >/dev/null; then
    echo "prepare: not a Debian system; see that the likes of these are installed: ${packages[*]}"
    return
  fi
  local missing=() package as_root=()
  for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]} > 0)) || return 0
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "prepare: packages are missing and there is no sudo; as root run: apt-get install ${missing[*]}" >&2
      exit 69
    fi
    as_root=(sudo)
  fi
  echo "prepare: installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120)
  # A package that brings a service would start it; nothing here asks for that.
  local policy=/usr/sbin/policy-rc.d is_ours= status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
    is_ours=yes
  fi
  "${apt[@]}" update && "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null || status=$?
  if [[ -n $is_ours ]]; then "${as_root[@]}" rm -f "$policy"; fi
  return "$status"
}

explain_toolchain() {
  cat >&2 <<'TEXT'
prepare: comfykeep needs Swift 6.2 or newer. To install the current release for your account:

    sudo apt-get install curl gnupg
    curl -O "https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz"
    tar -zxf "swiftly-$(uname -m).tar.gz"
    ./swiftly init
    . "${SWIFTLY_HOME_DIR:-$HOME/.local/share/swiftly}/env.sh"

Then run the same command again. https://www.swift.org/install/linux/ shows other ways.
TEXT
  exit 69
}

check_toolchain() {
  if ! command -v swift >/dev/null; then
    echo "prepare: no swift command was found on PATH" >&2
    explain_toolchain
  fi
  local version major minor
  version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1)
  read -r major minor <<<"${version:-0 0}"
  if ((major < 6 || (major == 6 && minor < 2))); then
    echo "prepare: $(command -v swift) is Swift $major.$minor" >&2
    explain_toolchain
  fi
}

install_missing
check_toolchain
