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

export BOREAL_TEST_EMULATED=1  # native/test/emulation.h
run="qemu-aarch64 -L /usr/aarch64-linux-gnu $build/boreal_tests"
if [ $# -gt 0 ]; then
  $run "$@"
  exit
fi
# Two emulated processors take the tests by parts, shuffled so that the slow ones are not in one.
count=$($run --count | sed -n 's/.*filters: *//p')
parts=8
for part in $(seq $parts); do
  echo "--first=$(((part - 1) * count / parts + 1)) --last=$((part * count / parts))"
done | xargs -P 2 -L 1 $run --order-by=rand --rand-seed=1
