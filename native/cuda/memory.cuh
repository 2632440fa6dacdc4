// Memory of the device and pinned memory of the host, each freed by whoever owns it.
#pragma once

#include <utility>

#include "cuda/launch.cuh"

namespace boreal {
namespace cuda {

// `allocate` and `release` are functions of the CUDA runtime.
template <cudaError_t (*allocate)(void**, size_t), cudaError_t (*release)(void*)>
class Memory {
 public:
  Memory() = default;
  explicit Memory(size_t bytes) : bytes_(bytes) {
    if (bytes > 0) check(allocate(&data_, bytes), "allocating memory");
  }
  Memory(Memory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Memory() {
    if (data_ != nullptr) release(data_);
  }

  unsigned char* data() const { return static_cast<unsigned char*>(data_); }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

inline cudaError_t allocate_device(void** data, size_t bytes) { return cudaMalloc(data, bytes); }
inline cudaError_t allocate_pinned(void** data, size_t bytes) {
  return cudaHostAlloc(data, bytes, cudaHostAllocDefault);
}
// Bytes up to where the next of several arrays in one memory may begin.
inline size_t aligned(size_t bytes) { return (bytes + 255) / 256 * 256; }

using DeviceMemory = Memory<allocate_device, cudaFree>;
using PinnedMemory = Memory<allocate_pinned, cudaFreeHost>;

}  // namespace cuda
}  // namespace boreal
