// Uninitialised memory aligned to a cache line. Not a container: no growth, no element construction.
// Large buffers are blocks of huge pages, because random access to a model's nodes is bound by the TLB.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>

#include "base/large_blocks.h"

#if defined(_WIN32)
#include <malloc.h>
#endif

namespace boreal {

constexpr size_t kCacheLine = 64;

template <typename T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable<T>::value, "AlignedBuffer holds plain data only");

 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t size) : size_(size) {
    if (size == 0) return;
    if (size > (static_cast<size_t>(-1) - kHugePage) / sizeof(T)) throw std::bad_alloc();
    const size_t bytes = size * sizeof(T);
    if (bytes >= kHugePage) {
      data_ = static_cast<T*>(take_large_block(bytes));
      return;
    }
    const size_t rounded = (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
#if defined(_WIN32)
    data_ = static_cast<T*>(_aligned_malloc(rounded, kCacheLine));
#else
    data_ = static_cast<T*>(std::aligned_alloc(kCacheLine, rounded));
#endif
    if (data_ == nullptr) throw std::bad_alloc();
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  ~AlignedBuffer() {
    if (size_ * sizeof(T) >= kHugePage) {
      give_large_block(data_, size_ * sizeof(T));
      return;
    }
#if defined(_WIN32)
    _aligned_free(data_);
#else
    std::free(data_);
#endif
  }

  T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t i) const { return data_[i]; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace boreal
