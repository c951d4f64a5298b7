#!/bin/sh
# Feeds changed recipes to their parser: Tests/Fuzz/recipe.sh [seconds, default 60]
# YAML's sources are those that `swift build` fetched. An input that fails is copied to Tests/Fuzz/found/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../../Sources
yams=$here/../../.build/checkouts/Yams/Sources
seconds=${1:-60}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

if [ ! -d "$yams" ]; then
  echo "Recipe: needs swift package resolve first" >&2
  exit 1
fi
for file in "$yams"/CYaml/src/*.c; do
  clang -c -O1 -fsanitize=fuzzer-no-link,address -DYAML_DECLARE_STATIC -I "$yams/CYaml/include" \
    -o "$build/$(basename "$file" .c).o" "$file"
done
swiftc -O -wmo -parse-as-library -swift-version 5 -module-name Yams -DSWIFT_PACKAGE -suppress-warnings \
  -sanitize=fuzzer,address -I "$yams/CYaml/include" -emit-module -emit-module-path "$build/Yams.swiftmodule" \
  -emit-object -o "$build/Yams.o" "$yams"/Yams/*.swift
swiftc -O -wmo -parse-as-library -swift-version 6 -package-name comfykeep -module-name KeepModel \
  -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility \
  -sanitize=fuzzer,address -emit-module -emit-module-path "$build/KeepModel.swiftmodule" \
  -emit-object -o "$build/KeepModel.o" "$sources"/KeepModel/JSON*.swift "$sources"/KeepModel/CanonicalJSON.swift \
  "$sources"/KeepModel/Hexadecimal.swift "$sources"/KeepModel/Identifier.swift "$sources"/KeepModel/ByteCount.swift
recipe=$sources/KeepPipeline/Recipe
swiftc -O -parse-as-library -swift-version 6 -package-name comfykeep -module-name RecipeFuzz -I "$build" \
  -I "$yams/CYaml/include" -sanitize=fuzzer,address "$here/RecipeFuzz.swift" "$recipe/RecipeFinding.swift" \
  "$recipe/RecipeText.swift" "$recipe/RecipeNode.swift" "$recipe/RecipeParser.swift" "$build"/*.o -o "$build/Recipe" 2>"$build/log" ||
  { cat "$build/log"; exit 1; }

mkdir -p "$build/corpus" "$build/found"
echo "Recipe: $seconds seconds"
if ! SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$build/Recipe" -max_total_time="$seconds" -max_len=4096 \
  -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$build/found/" -dict="$here/recipe.dict" \
  "$build/corpus" "$here/corpus/recipe" 2>"$build/log"; then
  mkdir -p "$here/found"
  cp "$build/found"/* "$here/found/" 2>/dev/null || true
  tail -40 "$build/log"
  echo "Recipe: failed, see Tests/Fuzz/found/"
  exit 1
fi
grep -E 'number_of_executed_units|peak_rss_mb|cov:' "$build/log" | tail -3
