// Launching kernels. Sources of the plug-in use no <<<>>>: the tests compile them as plain C++ too, where
// launch() runs every thread on the CPU.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace boreal {
namespace cuda {

// A failed call of the CUDA runtime.
class Failure : public std::exception {
 public:
  Failure(cudaError_t error, std::string what) : error_(error), what_(std::move(what)) {}
  cudaError_t error() const noexcept { return error_; }
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  cudaError_t error_;
  std::string what_;
};

inline void check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // else the next call would report it again
  throw Failure(error, what);
}

// Makes a device current for this thread. Nobody else uses this library's runtime, so nothing is put back.
inline void use_device(int device) { check(cudaSetDevice(device), "choosing the device"); }

#ifdef __CUDACC__
template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, unsigned threads, size_t shared_bytes,
            cudaStream_t stream, Arguments... arguments) {
  kernel<<<grid, threads, shared_bytes, stream>>>(static_cast<Parameters>(arguments)...);
  check(cudaGetLastError(), "starting a kernel");
}

// The dynamic shared memory of a block.
__device__ inline unsigned char* shared_bytes() {
  extern __shared__ __align__(16) unsigned char bytes[];
  return bytes;
}
#else
template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, unsigned threads, size_t shared_bytes,
            cudaStream_t stream, Arguments... arguments) {
  emulator::launch(stream, reinterpret_cast<const void*>(kernel), grid, threads, shared_bytes,
                   {emulator::bytes_of(static_cast<Parameters>(arguments))...},
                   [=] { kernel(static_cast<Parameters>(arguments)...); });
  check(cudaGetLastError(), "starting a kernel");
}

inline unsigned char* shared_bytes() { return emulator::shared_bytes(); }
#endif

// Kernels over elements go round the grid until all are done.
constexpr unsigned kThreads = 256;
inline dim3 grid_of(size_t elements, size_t per_block = kThreads) {
  return dim3(static_cast<unsigned>(
      std::min<size_t>(std::max<size_t>((elements + per_block - 1) / per_block, 1), 65535)));
}

__device__ inline size_t first_element() { return size_t{blockIdx.x} * blockDim.x + threadIdx.x; }
__device__ inline size_t element_step() { return size_t{gridDim.x} * blockDim.x; }

// Shared memory that a block may have, and multiprocessors to keep busy.
struct Limits {
  int shared_bytes = 0, multiprocessors = 0;
};
inline Limits limits_of_device() {
  int device = 0;
  Limits limits;
  check(cudaGetDevice(&device), "asking for the device");
  check(cudaDeviceGetAttribute(&limits.shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
        "asking for shared memory");
  check(cudaDeviceGetAttribute(&limits.multiprocessors, cudaDevAttrMultiProcessorCount, device),
        "asking for multiprocessors");
  return limits;
}

}  // namespace cuda
}  // namespace boreal
