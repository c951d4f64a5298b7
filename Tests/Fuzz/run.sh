#!/bin/sh
# Feeds changed files to the media sniffer, the metadata stripper, the JSON parser, the XML and the CSV reader, and the
# decoders of pictures: Tests/Fuzz/run.sh [seconds each, default 60] [Media|Strip|JSON|XML|CSV|PNG|JPEG…, default all]
# By default then recipes, webhooks, and ZIP files, bundles and results too (recipe.sh, webhook.sh, archive.sh).
# Everything is built and kept in a folder of its own; an input that fails is copied to Tests/Fuzz/found/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources
seconds=${1:-60}
[ $# -lt 1 ] || shift
further=
[ $# -gt 0 ] || {
  set -- Media Strip JSON XML CSV PNG JPEG
  further=yes
}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# The pure parts alone: they need no package.
module() {
  name=$1
  shift
  swiftc -O -wmo -parse-as-library -swift-version 6 -package-name comfykeep -module-name "$name" -I "$build" \
    -I "$build/CZlib" \
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility \
    -sanitize=fuzzer,address -emit-module -emit-module-path "$build/$name.swiftmodule" \
    -emit-object -o "$build/$name.o" "$@"
}
module KeepModel "$sources"/KeepModel/MediaT*.swift "$sources"/KeepModel/PixelSize.swift \
  "$sources"/KeepModel/JSON*.swift "$sources"/KeepModel/CanonicalJSON.swift "$sources"/KeepModel/Hexadecimal.swift \
  "$sources"/KeepModel/Identifier.swift
module KeepInput "$sources"/KeepInput/*Structure.swift "$sources"/KeepInput/StructureWalk.swift \
  "$sources"/KeepInput/MediaSniffer.swift "$sources"/KeepInput/MetadataCuts.swift "$sources"/KeepInput/ExifBlock.swift \
  "$sources"/KeepInput/BoxNotes.swift "$sources"/KeepInput/TraitNotes.swift "$sources"/KeepInput/Store/XMLElement.swift \
  "$sources"/KeepInput/CSVReader.swift
mkdir "$build/CZlib"
cp "$sources"/CZlib/include/czlib.h "$build/CZlib/"
echo 'module CZlib { header "czlib.h" export * link "z" }' >"$build/CZlib/module.modulemap"
cc -c -O1 -I "$sources/CZlib/include" "$sources/CZlib/czlib.c" -o "$build/CZlib.o"
module KeepFiles "$sources"/KeepFiles/Inflater.swift "$sources"/KeepFiles/Deflater.swift "$sources"/KeepFiles/CRC32.swift
module KeepArchive $(ls "$sources"/KeepArchive/Thumbnail/*.swift | grep -v /Thumbnail.swift) "$here/PictureFuzz.swift"

status=0
. "$here/feed"
for target; do
  swiftc -O -parse-as-library -swift-version 6 -package-name comfykeep -I "$build" -I "$build/CZlib" -sanitize=fuzzer,address \
    "$here/${target}Fuzz.swift" "$build"/*.o -lz -o "$build/$target" 2>"$build/log" ||
    { cat "$build/log"; exit 1; }
  feed "$target" 4096
done
if [ -n "$further" ]; then
  "$here/recipe.sh" "$seconds" || status=1
  "$here/webhook.sh" "$seconds" || status=1
  "$here/archive.sh" "$seconds" || status=1
fi
exit $status
