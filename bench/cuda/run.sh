#!/usr/bin/env bash
# Tests and times the CUDA plug-in on this machine; everything it needs lies beside it. Writes result.json. What a step
# needs and this machine lacks is named in out/NAME.skipped. The limits of all steps are below eight minutes together;
# on the emulation, which takes small shapes, each has ten.
set -uo pipefail
cd "$(dirname "$0")"
export BOREAL_CUDA_LIBRARY=$PWD/libboreal_cuda.so
rm -rf out && mkdir out
small=$([ -f emulated ] && echo --small)
step() {  # step NAME SECONDS COMMAND...: what it prints goes to out/NAME, its exit status to out/NAME.status
  local name=$1 seconds=$2
  shift 2
  [ -f emulated ] && seconds=600
  timeout "$seconds" "$@" >"out/$name" 2>"out/$name.err"
  echo $? >"out/$name.status"
}
skip() {  # skip NAME REASON
  echo "$2" >"out/$1.skipped"
}
sanitizer() {  # sanitizer TOOL: the kernels' tests under a tool of compute-sanitizer, without those that are long
  local path
  path=$(command -v compute-sanitizer || ls /usr/local/cuda*/bin/compute-sanitizer 2>/dev/null | head -n 1)
  if [ -z "$path" ] || [ -f emulated ]; then
    skip "$1" 'compute-sanitizer is not here, or there is no device for it'
  else
    step "$1" 55 "$path" --tool "$1" --error-exitcode 9 ./boreal_cuda_tests -tce='*memory*,*large tile*,*threads*'
  fi
}
step tests 120 ./boreal_cuda_tests
step plans 40 ./node-bin/node plans.mjs
step bench 120 ./bench_cuda $small
step training 30 ./node-bin/node training.mjs $small
sanitizer memcheck
sanitizer racecheck
# The peers, where Python and torch are.
if command -v python3 >/dev/null && [ ! -f emulated ]; then
  step peers 50 python3 peers.py
else
  skip peers 'python3 is not here, or there is no device for torch'
fi
./node-bin/node result.mjs
