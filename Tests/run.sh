#!/bin/bash
# Sets up whatever is missing on a Debian 12 machine, then checks the format, builds, and runs every test.
# Safe to run again: what is there is kept.
#
# Needs 4 GiB in TMPDIR for a while: one test writes a ZIP of that size. COMFYKEEP_LONG_TESTS=1 adds a second one, an
# upload of 2 GiB, a run of 20 GiB, which takes 40 GiB there, and more kills at system calls. COMFYKEEP_KILLS=500 kills
# commands so often, which is 40 times else, and cuts the power of their disk 24 times, which is 4 times else.
# COMFYKEEP_SERVERS=none leaves the upload servers and their tests out.
#
# usage: Tests/run.sh [ARGUMENT_OF_SWIFT_TEST…]        such as --filter KeepModelTests
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Shows every hundredth of the lines that only count, and none that say where sources come from.
quietly() {
  awk '/^(Fetch|Comput|Creating working|Working copy)/ { next }
    !/^\[[0-9]+\/[0-9]+\]/ || ++n % 100 == 0 { print; fflush() }'
}

step() { printf '== %s\n' "$*"; }

step "packages and toolchain"
Samples/prepare.sh curl e2fsprogs libarchive-tools libimage-exiftool-perl locales openssl p7zip-full python3 python3-venv \
  sqlite3 strace unzip xfsprogs zip

step "third-party validators"
Tests/Validators/setup.sh

step "upload servers"
[[ ${COMFYKEEP_SERVERS:-} == none ]] || Tests/Servers/setup.sh

# A locale with other letters and numbers, for the tests alone: Debian has the sources, not the locale.
step "locale"
if [[ ! -d .build/locales/tr_TR.UTF-8 ]]; then
  rm -rf .build/locales.new
  mkdir -p .build/locales.new
  localedef -i tr_TR -f UTF-8 .build/locales.new/tr_TR.UTF-8
  rm -rf .build/locales
  mv .build/locales.new .build/locales
fi

step "format"
swift format lint --strict --parallel --recursive Package.swift Sources Tests

# The same options for build and test, or SwiftPM would build everything twice.
options=(--explicit-target-dependency-import-check error)

step "build"
swift build --build-tests "${options[@]}" 2>&1 | quietly

COMFYKEEP_BINARY=$(swift build --show-bin-path "${options[@]}")/comfykeep
COMFYKEEP_VALIDATORS=$PWD/Tests/Validators/judge.sh
# The tests that need upload servers start them themselves.
COMFYKEEP_SERVERS=${COMFYKEEP_SERVERS:-$PWD/Tests/Servers/servers.py}
LOCPATH=$PWD/.build/locales
export COMFYKEEP_BINARY COMFYKEEP_VALIDATORS COMFYKEEP_SERVERS LOCPATH
# The tests talk to servers on this machine; a proxy of the environment has no part in that.
export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"
export NO_PROXY=$no_proxy

# Runs tests. The whole output is kept; here the lines that say a test has started are left out.
tests() {
  swift test --skip-build --disable-xctest "${options[@]}" "$@" 2>&1 | tee -a .build/tests.log | sed -u '/^◇ /d'
}

: >.build/tests.log
status=0
if [[ " $*" =~ \ --(filter|skip)([\ =]|$) ]]; then
  step "test"
  tests "$@" || status=$?
else
  # End-to-end tests wait for whole processes and hold their threads meanwhile. In a process of their own they keep no
  # other test waiting, some of which have time limits.
  step "test: all but end to end"
  tests --skip '^EndToEndTests\.' "$@" || status=$?
  step "test: end to end"
  tests --filter '^EndToEndTests\.' "$@" || status=$?
  # The other command of the README, with the release build, which refuses some things that the other one takes.
  step "quickstart"
  archive=$(mktemp -d)
  env -u COMFYKEEP_BINARY Samples/quickstart.sh "$archive" 2>&1 | quietly || status=$?
  rm -rf "$archive"
fi
exit "$status"
