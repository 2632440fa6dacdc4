#!/usr/bin/env bash
# Tests and times the CUDA plug-in on this machine; everything it needs lies beside it. Writes result.json.
set -uo pipefail
cd "$(dirname "$0")"
export BOREAL_CUDA_LIBRARY=$PWD/libboreal_cuda.so
rm -rf out && mkdir out
step() {  # step NAME SECONDS COMMAND...: what it prints goes to out/NAME, its exit status to out/NAME.status
  local name=$1 seconds=$2
  shift 2
  timeout "$seconds" "$@" >"out/$name" 2>"out/$name.err"
  echo $? >"out/$name.status"
}
step tests 180 ./boreal_cuda_tests
step plans 60 ./node-bin/node plans.mjs
step bench 150 ./bench_cuda
step training 30 ./node-bin/node training.mjs
# The peers, where Python and torch are.
command -v python3 >/dev/null && step peers 60 python3 peers.py
./node-bin/node result.mjs
