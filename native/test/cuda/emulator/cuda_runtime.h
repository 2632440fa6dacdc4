// CUDA on the CPU, for tests: enough of the language and of the runtime to compile the plug-in's sources as
// plain C++ and to run every thread of every kernel, one after another. Threads of a block are coroutines
// that switch at barriers and exchanges of a warp, in a random order, so that a missing barrier shows as a
// wrong result. The work of a stream is done some time before the stream is waited for. Memory is that of the
// host, and what nobody has written is NaN: on the device, in shared memory, which each block finds so, and
// in variables of threads. A write behind the end of an allocation or of a block's shared memory ends the
// process; AddressSanitizer sees reads, too. The parts of kernels that are written in PTX have bodies in C++
// here; where BOREAL_EMULATED_PTX names a folder of what nvcc has made of the kernels, launches run that
// instead, instruction by instruction (ptx/machine.h). Nothing of this says how fast a GPU would be.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(bytes) __attribute__((aligned(bytes)))
// The blocks of a launch run one after another on one thread.
#define __shared__ static thread_local

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct uint3 {
  unsigned x, y, z;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

extern thread_local uint3 threadIdx, blockIdx;
extern thread_local dim3 blockDim, gridDim;

typedef enum cudaError {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInitializationError = 3,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorStubLibrary = 34,
  cudaErrorInsufficientDriver = 35,
  cudaErrorCallRequiresNewerDriver = 36,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorNoKernelImageForDevice = 209,
  cudaErrorUnsupportedPtxVersion = 222,
  cudaErrorNotSupported = 801,
  cudaErrorUnknown = 999,
  cudaErrorIllegalAddress = 700,
  cudaErrorSystemNotReady = 802,
  cudaErrorSystemDriverMismatch = 803,
  cudaErrorCompatNotSupportedOnDevice = 804
} cudaError_t;

namespace emulator {

// Runs `thread` for every thread of every block of the grid.
void run_grid(dim3 grid, unsigned threads, size_t shared_bytes, const std::function<void()>& thread);
// Waits for all threads of the block, or of this thread's warp.
void wait_for_block();
void wait_for_warp();
// What this thread's warp exchanges: 64 bytes for each lane.
unsigned char* exchange_of_lane(unsigned lane);
unsigned lane();
unsigned char* shared_bytes();
// Lets the other threads of the block go on, and then this one.
void let_others_run();
// Work that the block does some time after now, whoever waits for it.
void later(std::function<void()> work);

template <typename T>
T exchange(T value, unsigned from) {
  static_assert(sizeof(T) <= 64, "a lane has 64 bytes");
  std::memcpy(exchange_of_lane(lane()), &value, sizeof(T));
  wait_for_warp();
  std::memcpy(&value, exchange_of_lane(from), sizeof(T));
  wait_for_warp();
  return value;
}

struct Stream;
struct Graph;
// Runs the work before the stream is waited for, or records it while the stream is recorded.
cudaError_t enqueue(Stream* stream, std::function<void()> work);

// Whether a device would take a grid of that shape; else cudaGetLastError says why.
bool may_launch(const void* kernel, dim3 grid, unsigned threads, size_t bytes);

// The bytes of each parameter of a kernel.
using Parameters = std::vector<std::vector<unsigned char>>;
template <typename T>
std::vector<unsigned char> bytes_of(const T& value) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&value);
  return std::vector<unsigned char>(bytes, bytes + sizeof(T));
}
// Whether kernels run as the PTX that a compiler has made of them (ptx/kernels.h).
bool runs_ptx();
void run_ptx(const void* kernel, dim3 grid, unsigned threads, size_t bytes, const Parameters& parameters);

template <typename F>
void launch(Stream* stream, const void* kernel, dim3 grid, unsigned threads, size_t bytes,
            const Parameters& parameters, F thread) {
  if (!may_launch(kernel, grid, threads, bytes)) return;
  enqueue(stream, [=] {
    runs_ptx() ? run_ptx(kernel, grid, threads, bytes, parameters) : run_grid(grid, threads, bytes, thread);
  });
}
cudaError_t allow_shared_bytes(const void* kernel, int bytes);
// How many blocks a multiprocessor has room for at once, as far as threads and shared memory go.
cudaError_t count_blocks(int* blocks, const void* kernel, int threads, size_t bytes);

}  // namespace emulator

inline void __syncthreads() { emulator::wait_for_block(); }
inline void __threadfence() {}
inline void __syncwarp(unsigned = 0xffffffffu) { emulator::wait_for_warp(); }
template <typename T>
T __shfl_xor_sync(unsigned, T value, int mask, int width = 32) {
  const unsigned lane = emulator::lane(), other = lane ^ static_cast<unsigned>(mask);
  const unsigned first = lane / static_cast<unsigned>(width) * static_cast<unsigned>(width);
  return emulator::exchange(value, other < first + static_cast<unsigned>(width) ? other : lane);
}
template <typename T>
T __shfl_sync(unsigned, T value, int from, int width = 32) {
  const unsigned lane = emulator::lane(), group = static_cast<unsigned>(width);
  return emulator::exchange(value, lane / group * group + static_cast<unsigned>(from) % group);
}
// Of a warp whose lanes all take part.
inline unsigned __ballot_sync(unsigned, int predicate) {
  const unsigned mine = predicate != 0 ? 1 : 0;
  std::memcpy(emulator::exchange_of_lane(emulator::lane()), &mine, sizeof(mine));
  emulator::wait_for_warp();
  unsigned votes = 0;
  for (unsigned lane = 0; lane < 32; ++lane) {
    unsigned vote;
    std::memcpy(&vote, emulator::exchange_of_lane(lane), sizeof(vote));
    votes |= vote << lane;
  }
  emulator::wait_for_warp();
  return votes;
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __ffs(int bits) { return __builtin_ffs(bits); }
inline unsigned __float_as_uint(float x) {
  unsigned bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}
inline float __uint_as_float(unsigned bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}
template <typename T>
T __shfl_up_sync(unsigned, T value, unsigned step, int width = 32) {
  const unsigned lane = emulator::lane(), place = lane % static_cast<unsigned>(width);
  return emulator::exchange(value, place >= step ? lane - step : lane);
}
inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
inline unsigned __byte_perm(unsigned low, unsigned high, unsigned selector) {
  const uint64_t bytes = uint64_t{high} << 32 | low;
  unsigned result = 0;
  for (unsigned k = 0; k < 4; ++k) result |= (bytes >> (selector >> 4 * k & 7) * 8 & 0xff) << 8 * k;
  return result;
}
template <typename T>
T atomicAdd(T* address, T value) {
  const T before = *address;
  *address = before + value;
  return before;
}
template <typename T>
T atomicMin(T* address, T value) {
  const T before = *address;
  if (value < before) *address = value;
  return before;
}
float normcdfinvf(float p);
inline float sinpif(float x) {
  const double turn = std::fmod(static_cast<double>(x), 2.0);
  return static_cast<float>(std::sin(turn * 3.14159265358979323846));
}
// The cosine of half a turn more or less is a sine, which is exact at whole and half numbers.
inline float cospif(float x) {
  const double turn = std::fabs(std::fmod(static_cast<double>(x), 2.0));
  return static_cast<float>(std::sin((0.5 - (turn > 1 ? 2 - turn : turn)) * 3.14159265358979323846));
}
using std::isinf;
using std::isnan;

typedef emulator::Stream* cudaStream_t;
typedef emulator::Graph* cudaGraph_t;
typedef emulator::Graph* cudaGraphExec_t;
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount = 16, cudaDevAttrMaxSharedMemoryPerBlockOptin = 97 };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeGlobal = 0, cudaStreamCaptureModeThreadLocal = 1 };
enum cudaDriverEntryPointQueryResult {
  cudaDriverEntryPointSuccess = 0,
  cudaDriverEntryPointSymbolNotFound = 1
};
#define CUDART_VERSION 13000
constexpr unsigned long long cudaEnableDefault = 0;
constexpr unsigned cudaStreamNonBlocking = 1, cudaHostAllocDefault = 0;

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem, sharedMemPerBlockOptin;
  int major, minor, multiProcessorCount;
};

cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaGetDevice(int* device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaDeviceSynchronize();
cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes);
cudaError_t cudaMalloc(void** data, size_t bytes);
cudaError_t cudaFree(void* data);
cudaError_t cudaHostAlloc(void** data, size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void* data);
cudaError_t cudaMemset(void* data, int value, size_t bytes);
cudaError_t cudaMemsetAsync(void* data, int value, size_t bytes, cudaStream_t stream);
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t cudaGetLastError();
const char* cudaGetErrorString(cudaError_t error);
const char* cudaGetErrorName(cudaError_t error);
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned version,
                                             unsigned long long flags,
                                             cudaDriverEntryPointQueryResult* result);
template <typename F>
cudaError_t cudaFuncSetAttribute(F* kernel, cudaFuncAttribute, int bytes) {
  return emulator::allow_shared_bytes(reinterpret_cast<const void*>(kernel), bytes);
}
template <typename F>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, F* kernel, int threads, size_t bytes) {
  return emulator::count_blocks(blocks, reinterpret_cast<const void*>(kernel), threads, bytes);
}
