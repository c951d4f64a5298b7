#!/bin/bash
# Sets up whatever is missing on a Debian 12 machine, then checks the format, builds, and runs every test.
# Safe to run again: what is there is kept.
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
Samples/prepare.sh curl libarchive-tools openssl p7zip-full python3 python3-venv sqlite3 unzip

step "third-party validators"
Tests/Validators/setup.sh

step "format"
swift format lint --strict --parallel --recursive Package.swift Sources Tests

# The same options for build and test, or SwiftPM would build everything twice.
options=(--explicit-target-dependency-import-check error)

step "build"
swift build --build-tests "${options[@]}" 2>&1 | quietly

step "test"
COMFYKEEP_BINARY=$(swift build --show-bin-path "${options[@]}")/comfykeep
COMFYKEEP_VALIDATORS=$PWD/Tests/Validators/judge.sh
export COMFYKEEP_BINARY COMFYKEEP_VALIDATORS
# The whole output is kept; here the lines that say a test has started are left out.
swift test --skip-build --disable-xctest "${options[@]}" "$@" 2>&1 | tee .build/tests.log | sed -u '/^◇ /d'
