#!/bin/sh
# Feeds changed ZIP files to their reader and to the whole verifier, and changed results to the collector:
# Tests/Fuzz/archive.sh [seconds each, default 60] [ZIP|Bundle|Collector…, default all]
# Checksums are blind (Tests/Fuzz/Blind): a fuzzer could not get past them. The sources of FilePath are those that
# `swift build` fetched. An input that fails is copied to Tests/Fuzz/found/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources
system=$here/../../.build/checkouts/swift-system/Sources
seconds=${1:-60}
[ $# -lt 1 ] || shift
[ $# -gt 0 ] || set -- ZIP Bundle Collector
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

if [ ! -d "$system" ]; then
  echo "ZIP, Bundle, Collector: need swift package resolve first" >&2
  exit 1
fi
for name in CSystem CZlib; do
  printf 'module %s { umbrella "%s" export * }\n' "$name" "$build/$name" >"$build/$name.modulemap"
done
ln -s "$(cd "$system/CSystem/include" && pwd)" "$build/CSystem"
ln -s "$(cd "$sources/CZlib/include" && pwd)" "$build/CZlib"
clang -c -O1 -fsanitize=fuzzer-no-link,address -I "$build/CSystem" -o "$build/CSystem.o" "$system/CSystem/shims.c"
clang -c -O1 -fsanitize=fuzzer-no-link,address -I "$build/CZlib" -o "$build/CZlib.o" "$sources/CZlib/czlib.c"

clang_flags="-Xcc -fmodule-map-file=$build/CSystem.modulemap -Xcc -fmodule-map-file=$build/CZlib.modulemap"
module() {
  name=$1
  shift
  # shellcheck disable=SC2086
  swiftc -O -wmo -parse-as-library -swift-version 6 -package-name comfykeep -module-name "$name" -I "$build" \
    $clang_flags -enable-testing -suppress-warnings -sanitize=fuzzer,address \
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault \
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault \
    -emit-module -emit-module-path "$build/$name.swiftmodule" -emit-object -o "$build/$name.o" "$@"
}
# shellcheck disable=SC2086
swiftc -O -wmo -parse-as-library -swift-version 6 -package-name system -module-name SystemPackage -DSYSTEM_PACKAGE \
  -DENABLE_MOCKING $clang_flags -suppress-warnings -sanitize=fuzzer,address -emit-module \
  -emit-module-path "$build/SystemPackage.swiftmodule" -emit-object -o "$build/SystemPackage.o" \
  $(find "$system/System" -name '*.swift')
module Crypto "$here/Blind/Crypto.swift"
module KeepModel $(find "$sources/KeepModel" -name '*.swift')
module KeepFiles "$here/Blind/CRC32.swift" $(find "$sources/KeepFiles" -name '*.swift' ! -name CRC32.swift)
module KeepTransport $(find "$sources/KeepTransport" -name '*.swift')
module KeepArchive $(find "$sources/KeepArchive" -name '*.swift')

status=0
. "$here/feed"
for target; do
  # shellcheck disable=SC2086
  swiftc -O -parse-as-library -swift-version 6 -package-name comfykeep -module-name "${target}Fuzz" -I "$build" \
    $clang_flags -suppress-warnings -sanitize=fuzzer,address "$here/${target}Fuzz.swift" "$here/MemoryFile.swift" \
    "$build"/*.o -lz -o "$build/$target" 2>"$build/log" || { cat "$build/log"; exit 1; }
  feed "$target" 32768
done
exit $status
