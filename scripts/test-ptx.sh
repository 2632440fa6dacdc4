#!/usr/bin/env bash
# Runs the tests of the CUDA plug-in on the PTX that nvcc makes of its kernels, interpreted on the CPU with all of its checks
# (native/test/cuda/ptx): test-ptx.sh [--short] [target...], of 90a, 80 and 75; all of them unless told. BOREAL_PTX_TESTS is a filter of
# doctest. --short takes what `npm run build:cuda -- --CDBOREAL_KEEP_PTX=ON` has kept, decodes all of it, and runs a few tests.
set -euo pipefail
cd "$(dirname "$0")/.."

nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
if [ ! -x "$nvcc" ]; then
  echo "test-ptx: skipped, there is no nvcc"
  exit 0
fi
short=
if [ "${1:-}" = --short ]; then
  short=1
  shift
  # Of products, tensor products, networks, trees, histograms and lists some of what takes few seconds.
  few='softmax and argmax,activations,whole plans*,products: one chain*,layer after layer stays*,8-bit *after each other*'
  few+=',groups: classes*,forest training: every limit*,boosting: shapes*,networks: dropout*,neighbours among*,rows: nearest*'
  BOREAL_PTX_TESTS=${BOREAL_PTX_TESTS:--tc=$few}
fi
mkdir -p build-test
npx cmake-js build --out build-test --CDBOREAL_TESTS=ON --CDBOREAL_ADDON=OFF --parallel 2 >build-test/ptx-build.log 2>&1 ||
  { tail -40 build-test/ptx-build.log; exit 1; }

ptx_of() {  # ptx_of TARGET SOURCE FILE: the PTX of a source of native/cuda
  if [ -n "$short" ]; then
    cp "build-cuda/ptx/${2%.cu}.compute_$1.ptx" "$3"
  else
    "$nvcc" -ptx -arch="compute_$1" -std=c++17 -fmad=false -lineinfo -I native "native/cuda/$2" -o "$3"
  fi
}
export -f ptx_of
export nvcc short

failed=0
[ $# -gt 0 ] || set -- 90a 80 75
for arch in "$@"; do
  folder=build-test/ptx/$arch
  rm -rf "$folder" && mkdir -p "$folder/kernels"
  (cd native/cuda && printf '%s\n' *.cu kernels/*.cu) |
    xargs -P 2 -I{} bash -c 'ptx_of '"$arch"' "$1" '"$folder"'/"${1%.cu}.ptx"' - {}
  echo "test-ptx: compute_$arch"
  export BOREAL_EMULATED_PTX=$folder
  build-test/native/cuda/boreal_ptx_tests || failed=1  # the interpreter's own, and that it knows all kernels
  BOREAL_CUDA_LIBRARY=$(find build-test -name 'libboreal_cuda_emulated.so' | head -1) \
    build-test/native/cuda/boreal_cuda_tests ${BOREAL_PTX_TESTS:+"$BOREAL_PTX_TESTS"} || failed=1
done
exit $failed
