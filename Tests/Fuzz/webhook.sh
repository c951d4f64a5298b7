#!/bin/sh
# Feeds changed deliveries to the reader of webhooks: Tests/Fuzz/webhook.sh [seconds, default 60]
# An input that fails is copied to Tests/Fuzz/found/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources
seconds=${1:-60}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# Checksums are blind (Tests/Fuzz/Blind): none is made here.
module() {
  name=$1
  shift
  swiftc -O -wmo -parse-as-library -swift-version 6 -package-name comfykeep -module-name "$name" -I "$build" \
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility \
    -sanitize=fuzzer,address -emit-module -emit-module-path "$build/$name.swiftmodule" \
    -emit-object -o "$build/$name.o" "$@"
}
module Crypto "$here/Blind/Crypto.swift"
module KeepModel "$sources"/KeepModel/JSON*.swift "$sources"/KeepModel/CanonicalJSON.swift \
  "$sources"/KeepModel/Hexadecimal.swift "$sources"/KeepModel/Identifier.swift "$sources"/KeepModel/Checksum.swift \
  "$sources"/KeepModel/ChecksumHasher.swift
swiftc -O -parse-as-library -swift-version 6 -package-name comfykeep -module-name WebhookFuzz -I "$build" \
  -enable-upcoming-feature InternalImportsByDefault -sanitize=fuzzer,address "$here/WebhookFuzz.swift" \
  "$sources/KeepPipeline/Webhook/WebhookHint.swift" "$build"/*.o -o "$build/Webhook" 2>"$build/log" || { cat "$build/log"; exit 1; }

status=0
. "$here/feed"
feed Webhook 4096
exit $status
