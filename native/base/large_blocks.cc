#include "base/large_blocks.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "base/cpu_features.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(_WIN32)
#include <malloc.h>
#endif

namespace boreal {
namespace {

void* allocate(size_t bytes) {
#if defined(_WIN32)
  void* const block = _aligned_malloc(bytes, kHugePage);
#else
  void* const block = std::aligned_alloc(kHugePage, bytes);
#endif
  if (block == nullptr) throw std::bad_alloc();
  advise_huge_pages(block, bytes);
  return block;
}

void release(void* block) {
#if defined(_WIN32)
  _aligned_free(block);
#else
  std::free(block);
#endif
}

class IdleBlocks {
 public:
  // Never destroyed: threads may still end while the process does.
  static IdleBlocks& instance() {
    static IdleBlocks* const blocks = new IdleBlocks();
    return *blocks;
  }

  // The last one that came in: its lines are the likeliest to be in a cache. Null when there is none.
  void* take(size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                    [&](const Block& block) { return block.bytes == bytes; });
    if (found == blocks_.rend()) return nullptr;
    void* const data = found->data;
    total_ -= bytes;
    blocks_.erase(std::next(found).base());
    return data;
  }

  void give(void* data, size_t bytes) noexcept {
    if (bytes > most_) return release(data);
    const std::lock_guard<std::mutex> lock(mutex_);
    size_t old = 0;
    while (total_ + bytes > most_) {
      total_ -= blocks_[old].bytes;
      release(blocks_[old++].data);
    }
    blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(old));
    blocks_.push_back({data, bytes});
    total_ += bytes;
  }

 private:
  struct Block {
    void* data;
    size_t bytes;
  };

  IdleBlocks() {
    blocks_.reserve(most_ / kHugePage + 1);  // so that give never throws
  }

  std::mutex mutex_;
  std::vector<Block> blocks_;  // oldest first
  size_t total_ = 0;
  const size_t most_ = idle_memory_bytes();  // all blocks together
};

}  // namespace

size_t large_block_size(size_t bytes) {
  size_t step = kHugePage;
  while (bytes / step >= 16) step *= 2;
  return (bytes + step - 1) / step * step;
}

size_t idle_memory_bytes() {
  constexpr uint64_t kMost = uint64_t{128} << 20, kShare = 16;
  const uint64_t memory = memory_limit_bytes();
  return static_cast<size_t>(memory == 0 ? kMost : std::min(kMost, memory / kShare));
}

void* take_large_block(size_t bytes) {
  if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
  const size_t size = large_block_size(bytes);
  void* const idle = IdleBlocks::instance().take(size);
  return idle != nullptr ? idle : allocate(size);
}

void give_large_block(void* block, size_t bytes) noexcept {
  IdleBlocks::instance().give(block, large_block_size(bytes));
}

void advise_huge_pages([[maybe_unused]] void* data, [[maybe_unused]] size_t bytes) {
#if defined(__linux__)
  const auto begin = (reinterpret_cast<uintptr_t>(data) + kHugePage - 1) / kHugePage * kHugePage;
  const auto end = (reinterpret_cast<uintptr_t>(data) + bytes) / kHugePage * kHugePage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace boreal
