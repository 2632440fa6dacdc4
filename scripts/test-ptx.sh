#!/usr/bin/env bash
# Runs the tests of the CUDA plug-in on the PTX that nvcc makes of its kernels, interpreted on the CPU with all of its checks
# (native/test/cuda/ptx): test-ptx.sh [target...], of 90a, 80 and 75; all of them unless told. BOREAL_PTX_TESTS is a filter of doctest.
set -euo pipefail
cd "$(dirname "$0")/.."

nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
if [ ! -x "$nvcc" ]; then
  echo "test-ptx: skipped, there is no nvcc"
  exit 0
fi
npx cmake-js build --out build-test --CDBOREAL_TESTS=ON --CDBOREAL_ADDON=OFF --parallel 2 >build-test/ptx-build.log 2>&1 ||
  { tail -40 build-test/ptx-build.log; exit 1; }

failed=0
build-test/native/cuda/boreal_ptx_tests || failed=1  # the interpreter's own
for target in "${@:-90a 80 75}"; do
  for arch in $target; do
    folder=build-test/ptx/$arch
    rm -rf "$folder" && mkdir -p "$folder/kernels"
    (cd native/cuda && printf '%s\n' *.cu kernels/*.cu) | xargs -P 2 -I{} sh -c \
      '"$0" -ptx -arch=compute_'"$arch"' -std=c++17 -fmad=false -lineinfo -I native native/cuda/{} -o '"$folder"'/$(dirname {})/$(basename {} .cu).ptx' "$nvcc"
    echo "test-ptx: compute_$arch"
    BOREAL_EMULATED_PTX=$folder BOREAL_CUDA_LIBRARY=$(find build-test -name 'libboreal_cuda_emulated.so' | head -1) \
      build-test/native/cuda/boreal_cuda_tests ${BOREAL_PTX_TESTS:+"$BOREAL_PTX_TESTS"} || failed=1
  done
done
exit $failed
