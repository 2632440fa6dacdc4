// Memory that a thread keeps for its next call, so that small calls cost no allocation. Each Owner (any type)
// has its own, so that code which holds some may call code of another owner, but not itself.
#pragma once

#include <cstddef>

#include "base/aligned_buffer.h"

namespace boreal {

template <typename Owner>
class ThreadScratch {
 public:
  // More than max_kept bytes are given back at the end.
  ThreadScratch(size_t bytes, size_t max_kept) {
    if (bytes == 0) return;  // without a look at the thread's memory
    if (bytes > max_kept) {
      own_ = AlignedBuffer<unsigned char>(bytes);
      data_ = own_.data();
      return;
    }
    thread_local AlignedBuffer<unsigned char> kept;
    if (kept.size() < bytes) kept = AlignedBuffer<unsigned char>(bytes);
    data_ = kept.data();
  }
  unsigned char* data() const { return data_; }  // aligned to a cache line

 private:
  AlignedBuffer<unsigned char> own_;
  unsigned char* data_ = nullptr;
};

}  // namespace boreal
