#!/usr/bin/env bash
# run.sh [SECONDS] [STEP...]: tests and times the CUDA plug-in on this machine. Everything it needs lies beside it; nothing is fetched. Ends
# within SECONDS (default 470) with result.json: the project's goals, each with what was reached or the reason why that is missing,
# and what each step has found; without a GPU with the reason alone, and status 3, where the plug-in does not open with status 4. With names only those steps run. What a step
# prints goes to out/NAME; one that fails, hangs or is skipped loses nothing of the others. result.json is written anew after each step: where
# the machine is taken away meanwhile, it has what was found so far.
set -uo pipefail
cd "$(dirname "$0")"
budget=470
if [[ "${1:-}" =~ ^[0-9]+$ ]]; then
  budget=$1
  shift
fi
wanted=" $* "
export BOREAL_CUDA_LIBRARY=$PWD/libboreal_cuda.so
rm -rf out result.json && mkdir out
# On the emulation: small shapes, and the second device, which stands in for compute capability 9.0.
small=()
[ -f emulated ] && small=(--small)
device=()
[ -f emulated ] && device=(--device 1)

skip() {  # skip NAME REASON
  echo "$2" >"out/$1.skipped"
}
step() {  # step NAME SECONDS COMMAND...: what it prints goes to out/NAME, how it ended to out/NAME.status; 77 means skipped
  local name=$1 limit=$2 left=$((budget - SECONDS - 10)) began=$SECONDS
  shift 2
  if [ "$wanted" != '  ' ] && [[ "$wanted" != *" $name "* ]]; then
    skip "$name" 'it was not asked for'
  elif [ ! -e "$1" ] && ! command -v "$1" >/dev/null; then
    skip "$name" "$1 is not here"
  elif [ "$left" -lt 3 ]; then
    skip "$name" 'no time was left'
  else
    [ -f emulated ] && limit=$((4 * limit))
    [ "$limit" -gt "$left" ] && limit=$left
    timeout -k 5 "$limit" "$@" >"out/$name" 2>"out/$name.err" </dev/null
    local status=$?
    echo "$status" >"out/$name.status"
    echo $((SECONDS - began)) >"out/$name.seconds"
    [ "$status" -ne 77 ] || skip "$name" "$(tail -n 1 "out/$name.err")"
    [ -z "$node" ] || timeout 20 "$node" result.mjs "$SECONDS" >/dev/null 2>&1
  fi
}
in_node() {  # in_node NAME SECONDS ARGUMENT...
  local name=$1 limit=$2
  shift 2
  if [ -n "$node" ]; then step "$name" "$limit" "$node" "$@"; else skip "$name" "$no_node"; fi
}
on_gpu() {  # on_gpu COMMAND...: a step for which the emulation is no GPU
  if [ -f emulated ]; then skip "$2" 'the emulation is no GPU'; else "$@"; fi
}
sanitizer() {  # sanitizer TOOL: the kernels' tests under a tool of compute-sanitizer, without those that are long
  local path
  path=$(command -v compute-sanitizer || ls {/usr/local,/opt}/cuda*/{bin,compute-sanitizer}/compute-sanitizer 2>/dev/null | head -n 1)
  step "$1" 60 "${path:-compute-sanitizer}" --tool "$1" --error-exitcode 9 ./boreal_cuda_tests -d \
    -tce='*memory*,*large tile*,*threads*'
  # Virtual machines may give a GPU without what the tool needs of it.
  if grep -qi 'device not supported' "out/$1" "out/$1.err" 2>/dev/null; then
    skip "$1" 'compute-sanitizer does not support this device'
  fi
}

# The driver and cuBLAS, where the loader would not look: containers mount them aside, and pip puts cuBLAS beside torch.
site=$(timeout 20 python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))' 2>/dev/null)
for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/local/cuda/lib64 /usr/local/cuda/targets/*/lib \
  ${site:+"$site"/nvidia/*/lib}; do
  if compgen -G "$folder/libcuda.so.1" >/dev/null || compgen -G "$folder/libcublas*.so*" >/dev/null; then
    export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder"
  fi
done
# The Node that is packed, or else one that is here.
node=''
no_node='no Node runs here'
for candidate in ./node-bin/node "$(command -v node)"; do
  if [ -n "$candidate" ] && timeout 20 "$candidate" -e 0 2>out/node.err; then
    node=$candidate
    break
  fi
done
[ -z "$node" ] && no_node="no Node runs here: $(head -c 200 out/node.err | tr '\n"\\' '   ')"

{
  uname -srm
  getconf GNU_LIBC_VERSION
  echo "$(nproc) processors"
  timeout 20 nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader
  timeout 20 python3 --version
} >out/machine 2>&1

# Nothing below has anything to do without a GPU.
read -r first < <(timeout 60 ./boreal_cuda_tests --list-test-cases 2>/dev/null)
if [[ "$first" =~ ^skipped,\ (.*):$ ]]; then
  reason=${BASH_REMATCH[1]//[\"\\]/ }
  case $reason in
    'there is no GPU'* | 'There is no NVIDIA driver'*) said='no GPU runs here' status=3 ;;
    *) said='the plug-in does not open' status=4 ;;
  esac
  printf '{"commit": "%s", "error": "%s: %s"}\n' "$(cat commit.txt)" "$said" "$reason" | tee result.json
  exit "$status"
fi

step device 30 ./bench_cuda "${small[@]}" "${device[@]}" device
step tests 120 ./boreal_cuda_tests -tce='memory:*'
step memory 40 ./boreal_cuda_tests -tc='memory:*'
for section in sgemm:30 tensor:60 library:45 convs:30 codes:20 cublas:30 forest:60 layers:30 single:20 steps:30 boosting:60 cycles:45; do
  step "${section%:*}" "${section#*:}" ./bench_cuda "${small[@]}" "${device[@]}" "${section%:*}"
done
on_gpu step peers 60 python3 peers.py
in_node training 60 training.mjs "${small[@]}"
in_node plans 30 plans.mjs "${small[@]}"
in_node lifetimes 45 lifetimes.mjs "${small[@]}"
in_node estimators 60 estimators.mjs
on_gpu sanitizer memcheck
on_gpu sanitizer racecheck

if [ -n "$node" ]; then
  "$node" result.mjs "$SECONDS"
else
  # The figures are lines of JSON in out/ all the same.
  printf '{"commit": "%s", "error": "%s; see the folder out"}\n' "$(cat commit.txt)" "$no_node" | tee result.json
  exit 1
fi
