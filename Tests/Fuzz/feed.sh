# Sourced by run.sh and archive.sh: feeds a fuzzer that was built, and tells what came of it.
# Needs $here, $build and $seconds; sets $status to 1 where an input fails.

# usage: feed TARGET LONGEST_INPUT
feed() {
  corpus=$here/corpus/$(echo "$1" | tr '[:upper:]' '[:lower:]')
  mkdir -p "$build/$1.corpus" "$build/$1.found"
  echo "$1: $seconds seconds"
  # A crash is reported by the fuzzer; Swift's own report would only be slow.
  if ! SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$build/$1" -max_total_time="$seconds" \
    -max_len="$2" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix="$build/$1.found/" \
    "$build/$1.corpus" "$corpus" 2>"$build/log"; then
    status=1
    mkdir -p "$here/found"
    cp "$build/$1.found"/* "$here/found/" 2>/dev/null || true
    tail -40 "$build/log"
    echo "$1: failed, see Tests/Fuzz/found/"
  else
    grep -E 'number_of_executed_units|peak_rss_mb|cov:' "$build/log" | tail -3
  fi
}
