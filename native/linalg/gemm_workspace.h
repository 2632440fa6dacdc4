// What threads keep for packing: as much as the blocks of one product take.
#pragma once

#include "base/thread_scratch.h"

namespace boreal {

struct PackedBlocks;   // the workspace of a kernel
struct PackedColumns;  // B for dot products
struct SwappedResult;  // C^T

template <typename Owner, typename T>
class GemmWorkspace {
 public:
  explicit GemmWorkspace(size_t elements) : scratch_(elements * sizeof(T), size_t{4} << 20) {}
  T* data() const { return reinterpret_cast<T*>(scratch_.data()); }

 private:
  ThreadScratch<Owner> scratch_;
};

}  // namespace boreal
