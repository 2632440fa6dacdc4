// Leaves of many rows at once, without walking: every node of a tree compares its column of byte ranks, a
// register of rows at a time, and each compare picks between what its two subtrees have found. More compares
// than a walk makes, but they cost a fraction of a cycle a row, and nothing is gathered or mispredicted.
// QuickScorer (Lucchese et al., SIGIR 2015) is the same idea with bit masks of leaves; on bytes a choice
// between indices needs fewer operations, and no search for the exit leaf.
#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

// Registers of rows that share a node: more amortise its loads, fewer leave registers for pending subtrees.
constexpr size_t kMostVectors = 4 * Bytes::kLanes <= kMuxRows ? 4 : kMuxRows / Bytes::kLanes;

template <size_t kN>
struct Count {
  static constexpr size_t kValue = kN;
};

template <size_t kVectors>
BOREAL_INLINE void mux_group(const MuxNode* nodes, size_t count, const uint8_t* ranks, uint8_t* leaf) {
  Bytes slots[kMuxSlots][kVectors];
  for (Bytes& zero : slots[0]) zero = broadcast_bytes(0);
  size_t out = 0;
  for (size_t k = 0; k < count; ++k) {
    const MuxNode node = nodes[k];
    const uint8_t* column = ranks + node.column * kMuxRows;
    const Bytes bound = broadcast_bytes(node.bound);
    const Bytes step = broadcast_bytes(static_cast<int8_t>(node.step));
    const Bytes* left = slots[node.left];
    const Bytes* right = slots[node.right];
    out = node.out;
    Bytes* result = slots[out];
    BOREAL_UNROLL
    for (size_t v = 0; v < kVectors; ++v) {
      const ByteMask goes_left = less(load_bytes(column + v * Bytes::kLanes), bound);
      result[v] = select(goes_left, left[v], right[v] + step);
    }
  }
  for (size_t v = 0; v < kVectors; ++v) store_bytes(leaf + v * Bytes::kLanes, slots[out][v]);
}

// group(Count<n>(), i) for the registers from row i on: kVectors of them as long as that many hold rows, then
// half as many.
template <size_t kVectors, typename Group>
BOREAL_INLINE void for_each_group(size_t rows, const Group& group, size_t i = 0) {
  constexpr size_t kRows = kVectors * Bytes::kLanes;
  for (; i + kRows < rows + Bytes::kLanes && i + kRows <= kMuxRows; i += kRows) group(Count<kVectors>(), i);
  if constexpr (kVectors > 1) for_each_group<kVectors / 2>(rows, group, i);
}

void mux(const MuxNode* nodes, size_t count, const uint8_t* ranks, size_t rows, uint8_t* leaf) noexcept {
  for_each_group<kMostVectors>(rows, [&](auto vectors, size_t i) {
    mux_group<decltype(vectors)::kValue>(nodes, count, ranks + i, leaf + i);
  });
}

// The negated index of the leaf below a node at height kDepth, whose subtree starts at `node`, which is moved
// behind it. An index doubles on the way up, so that the decision at the root ends in bit 0: no constants.
template <uint32_t kDepth, size_t kVectors>
struct Perfect {
  static constexpr uint32_t kInlined = 4;  // larger trees call: their code would not fit the caches

  static BOREAL_INLINE void decide(const PerfectNode*& node, const uint8_t* ranks, Bytes (&index)[kVectors]) {
    Bytes right[kVectors];
    if constexpr (kDepth > 1) {
      Perfect<kDepth - 1, kVectors>::find(node, ranks, index);
      Perfect<kDepth - 1, kVectors>::find(node, ranks, right);
    }
    const uint8_t* column = ranks + node->column * kMuxRows;
    const Bytes bound = broadcast_bytes(node->bound);
    ++node;
    BOREAL_UNROLL
    for (size_t v = 0; v < kVectors; ++v) {
      const ByteMask left = less(load_bytes(column + v * Bytes::kLanes), bound);
      if constexpr (kDepth > 1) {
        const Bytes below = select(left, index[v], right[v]);
        index[v] = below + below + as_bytes(left);
      } else {
        index[v] = as_bytes(left);
      }
    }
  }

  static BOREAL_NOINLINE void call(const PerfectNode*& node, const uint8_t* ranks, Bytes (&index)[kVectors]) {
    decide(node, ranks, index);
  }

  static BOREAL_INLINE void find(const PerfectNode*& node, const uint8_t* ranks, Bytes (&index)[kVectors]) {
    if constexpr (kDepth < kInlined) {
      decide(node, ranks, index);
    } else {
      call(node, ranks, index);
    }
  }
};

template <uint32_t kDepth>
void perfect(const PerfectNode* nodes, const uint8_t* ranks, size_t rows, uint8_t* leaf) {
  for_each_group<kMostVectors>(rows, [&](auto vectors, size_t i) {
    constexpr size_t kVectors = decltype(vectors)::kValue;
    const PerfectNode* node = nodes;
    Bytes index[kVectors];
    Perfect<kDepth, kVectors>::find(node, ranks + i, index);
    for (size_t v = 0; v < kVectors; ++v) {
      store_bytes(leaf + i + v * Bytes::kLanes, broadcast_bytes(0) - index[v]);
    }
  });
}

void mux_perfect(const PerfectNode* nodes, uint32_t depth, const uint8_t* ranks, size_t rows,
                 uint8_t* leaf) noexcept {
  using Find = void (*)(const PerfectNode*, const uint8_t*, size_t, uint8_t*);
  static constexpr Find kByDepth[] = {perfect<1>, perfect<2>, perfect<3>, perfect<4>,
                                      perfect<5>, perfect<6>, perfect<7>, perfect<8>};
  if (depth > 0) return kByDepth[depth - 1](nodes, ranks, rows, leaf);
  for (size_t i = 0; i < rows; ++i) leaf[i] = 0;
}

template <size_t kTrees>
BOREAL_INLINE void add_leaves_of(const double* values, const uint32_t* begin, const uint8_t* leaf,
                                 size_t rows, double* sums) {
  for (size_t i = 0; i < rows; ++i) {
    double sum = sums[i];
    BOREAL_UNROLL
    for (size_t t = 0; t < kTrees; ++t) sum += values[begin[t] + leaf[t * kMuxRows + i]];
    sums[i] = sum;
  }
}

void add_leaves(const double* values, const uint32_t* begin, const uint8_t* leaf, size_t trees, size_t rows,
                double* sums) noexcept {
  switch (trees) {
    case 4:
      return add_leaves_of<4>(values, begin, leaf, rows, sums);
    case 3:
      return add_leaves_of<3>(values, begin, leaf, rows, sums);
    case 2:
      return add_leaves_of<2>(values, begin, leaf, rows, sums);
    default:
      return add_leaves_of<1>(values, begin, leaf, rows, sums);
  }
}

}  // namespace
}  // namespace boreal
