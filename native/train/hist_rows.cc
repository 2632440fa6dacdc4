#include "train/hist_rows.h"

#include <algorithm>
#include <numeric>

#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kPartRows = 16384;   // at least, of a slice that threads share
constexpr size_t kInlineRows = 8192;  // fewer are not worth waking a thread

}  // namespace

RowSlice TreeRows::start(size_t count) {
  std::iota(sides_[0].data(), sides_[0].data() + count, uint32_t{0});
  return {0, count, 0};
}

RowSlice TreeRows::start(Span<uint32_t> rows) {
  std::copy(rows.begin(), rows.end(), sides_[0].data());
  return {0, rows.size, 0};
}

void TreeRows::split(std::vector<RowSplit>* splits, size_t max_threads) {
  const size_t threads = max_threads == 0 ? ThreadPool::instance().size() : max_threads;
  size_t total = 0;
  for (const RowSplit& split : *splits) total += split.slice.count;
  const size_t part_rows = std::max(kPartRows, threads == 1 ? total : total / (2 * threads) + 1);
  parts_.clear();
  for (size_t s = 0; s < splits->size(); ++s) {
    const size_t count = (*splits)[s].slice.count, parts = std::max<size_t>(1, count / part_rows);
    for (size_t p = 0; p < parts; ++p) {
      const size_t begin = count * p / parts;
      parts_.push_back({s, (*splits)[s].slice.begin + begin, count * (p + 1) / parts - begin});
    }
  }
  const size_t used = total < kInlineRows ? 1 : max_threads;
  ThreadPool& pool = ThreadPool::instance();
  pool.parallel_for(
      parts_.size(), [&](size_t p, size_t) { separate((*splits)[parts_[p].split], &parts_[p]); }, used);

  bool shared = false;
  for (size_t p = 0; p < parts_.size();) {
    RowSplit& split = (*splits)[parts_[p].split];
    size_t end = p, lefts = 0;
    for (; end < parts_.size() && parts_[end].split == parts_[p].split; ++end) {
      parts_[end].left_to = split.slice.begin + lefts;
      lefts += parts_[end].left_count;
    }
    size_t rights = split.slice.begin + lefts;
    for (size_t q = p; q < end; ++q) {
      parts_[q].right_to = rights;
      rights += parts_[q].count - parts_[q].left_count;
    }
    const bool moved = end - p > 1;
    const uint8_t side = moved ? 1 - split.slice.side : split.slice.side;
    split.left = {split.slice.begin, lefts, side};
    split.right = {split.slice.begin + lefts, split.slice.count - lefts, side};
    shared = shared || moved;
    p = end;
  }
  // Where no slice is shared there is little to move.
  pool.parallel_for(
      parts_.size(), [&](size_t p, size_t) { gather((*splits)[parts_[p].split], parts_[p]); },
      shared ? used : 1);
}

// Left rows to the front of the part, right ones to the spare array.
void TreeRows::separate(const RowSplit& split, Part* part) {
  uint32_t* rows = sides_[split.slice.side].data() + part->begin;
  uint32_t* spare = spare_.data() + part->begin;
  const uint8_t* bins = split.bins;
  const uint8_t* goes_left = split.goes_left.data();
  size_t left = 0, right = 0;
  for (size_t i = 0; i < part->count; ++i) {
    const uint32_t row = rows[i];
    const size_t is_left = goes_left[bins[row]];
    rows[left] = row;
    spare[right] = row;
    left += is_left;
    right += 1 - is_left;
  }
  part->left_count = left;
}

void TreeRows::gather(const RowSplit& split, const Part& part) {
  const uint32_t* rows = sides_[split.slice.side].data() + part.begin;
  uint32_t* to = sides_[split.left.side].data();
  if (split.left.side != split.slice.side) std::copy_n(rows, part.left_count, to + part.left_to);
  std::copy_n(spare_.data() + part.begin, part.count - part.left_count, to + part.right_to);
}

}  // namespace boreal
