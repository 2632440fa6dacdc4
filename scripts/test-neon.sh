#!/bin/sh
# Cross-compiles the C++ tests for aarch64 and runs them under qemu: scripts/test-neon.sh [build folder [test options]].
# Needs (Debian) g++-aarch64-linux-gnu, qemu-user, doctest-dev and cmake.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-"$root/build-neon"}
[ $# -gt 0 ] && shift

# doctest is one portable header; the rest of the host's /usr/include must stay out of a cross build.
mkdir -p "$build/include"
ln -sfn "${DOCTEST_DIR:-/usr/include/doctest}" "$build/include/doctest"
cmake -S "$root" -B "$build" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ -DBOREAL_ADDON=OFF -DBOREAL_TESTS=ON \
  -DBOREAL_DOCTEST="$build/include" >/dev/null
cmake --build "$build" --target boreal_tests --parallel 2

run() { qemu-aarch64 -L /usr/aarch64-linux-gnu "$build/boreal_tests" "$@"; }
if [ $# -gt 0 ]; then
  run "$@"
  exit
fi
# An emulated processor is slow: two of them share the tests, shuffled so that both halves take about as long.
count=$(run --count | sed -n 's/.*filters: *//p')
half=$((count / 2))
run --order-by=rand --rand-seed=1 --last="$half" &
first=$!
run --order-by=rand --rand-seed=1 --first=$((half + 1))
wait "$first"
