// Walks over prepared trees, many at a time: a walk is a chain of dependent loads, so its speed is the number
// of walks that the core keeps in flight. No branch depends on the data: a finished walk loops on its leaf.
// In deep trees one test every kLevelsPerTest levels asks whether any walk still moves; shallow ones are
// walked to the end. Gathers (AVX2, AVX-512) lose to this.
#pragma once

#include "kernels/generic/unroll.h"
#include "kernels/kernels.h"

namespace boreal {
namespace {

// Measured over 4..32: with fewer the core waits, with more the registers spill.
constexpr int kWalks = 12;
constexpr uint32_t kLevelsPerTest = 4, kShallow = 8;

// Asks for `value` in a register now: otherwise GCC interleaves the loads of all walks until they spill.
inline void keep(uint64_t& value) {
#if defined(__GNUC__)
  asm volatile("" : "+r"(value));
#else
  (void)value;
#endif
}

struct WordNodes {
  using Node = ForestNode;
  using Value = uint32_t;

  explicit WordNodes(uint32_t feature_bits)
      : index_shift(32 + feature_bits), column_mask((uint64_t{1} << feature_bits) - 1) {}

  uint64_t step(const ForestNode* nodes, const uint32_t* x, uint64_t at) const {
    const ForestNode node = nodes[at];
    const uint32_t value = x[(node >> 32) & column_mask];
    uint64_t next = node >> index_shift;
    next += static_cast<uint32_t>(node) < value;  // an add with carry
    return next;
  }

  uint32_t index_shift;
  uint64_t column_mask;
};

struct RankNodes {
  using Node = RankNode;
  using Value = uint8_t;

  uint64_t step(const RankNode* nodes, const uint8_t* x, uint64_t at) const {
    const RankNode node = nodes[at];
    const uint8_t value = x[(node >> 8) & 0xfff];
    uint64_t next = node >> 20;
    next += static_cast<uint8_t>(node) < value;
    return next;
  }
};

// Walk w goes through nodes(w) with the row x(w) and at most `depth` levels, and ends at at[w].
template <typename Format, typename Nodes, typename Row>
inline void walk(const Format& format, const Nodes& nodes, const Row& x, uint32_t depth,
                 uint64_t (&at)[kWalks]) {
  BOREAL_UNROLL
  for (int w = 0; w < kWalks; ++w) at[w] = 0;
  const auto step_all = [&] {
    BOREAL_UNROLL
    for (int w = 0; w < kWalks; ++w) {
      at[w] = format.step(nodes(w), x(w), at[w]);
      keep(at[w]);
    }
  };
  if (depth <= kShallow) {
    for (uint32_t level = 0; level < depth; ++level) step_all();
    return;
  }
  for (uint32_t level = 0; level < depth; level += kLevelsPerTest) {
    BOREAL_UNROLL
    for (uint32_t i = 1; i < kLevelsPerTest; ++i) step_all();
    uint64_t moved = 0;
    BOREAL_UNROLL
    for (int w = 0; w < kWalks; ++w) {
      const uint64_t next = format.step(nodes(w), x(w), at[w]);
      moved |= next ^ at[w];
      at[w] = next;
      keep(at[w]);
    }
    if (moved == 0) break;
  }
}

// Takes one row through the trees first <= t < last; found(t, the leaf's node, its index) is called in order.
template <typename Format, typename Table, typename Found>
inline void walk_each_tree(const Format& format, const Table* forest, const typename Format::Value* x,
                           size_t first, size_t last, const Found& found) {
  for (; first < last; first += kWalks) {
    const typename Format::Node* nodes[kWalks];
    uint32_t depth = 0;
    for (size_t w = 0; w < kWalks; ++w) {
      const size_t tree = first + w < last ? first + w : last - 1;
      nodes[w] = forest->nodes + forest->tree_begin[tree];
      if (forest->tree_depth[tree] > depth) depth = forest->tree_depth[tree];
    }
    uint64_t at[kWalks];
    walk(
        format, [&](int w) { return nodes[w]; }, [&](int) { return x; }, depth, at);
    for (size_t w = 0; w < kWalks && first + w < last; ++w) found(first + w, nodes[w][at[w]]);
  }
}

void walk_rows(const ForestTable* forest, size_t tree, const uint32_t* x, size_t xs, size_t rows,
               uint32_t* leaf) noexcept {
  const WordNodes format(forest->feature_bits);
  const ForestNode* nodes = forest->nodes + forest->tree_begin[tree];
  for (size_t first = 0; first < rows; first += kWalks) {
    // Walks beyond the last row repeat it.
    const uint32_t* row[kWalks];
    for (size_t w = 0; w < kWalks; ++w) row[w] = x + (first + w < rows ? first + w : rows - 1) * xs;
    uint64_t at[kWalks];
    walk(
        format, [&](int) { return nodes; }, [&](int w) { return row[w]; }, forest->tree_depth[tree], at);
    for (size_t w = 0; w < kWalks && first + w < rows; ++w)
      leaf[first + w] = static_cast<uint32_t>(nodes[at[w]]);
  }
}

void walk_trees(const ForestTable* forest, const uint32_t* x, uint32_t* leaf) noexcept {
  walk_each_tree(WordNodes(forest->feature_bits), forest, x, 0, forest->trees,
                 [&](size_t tree, ForestNode node) { leaf[tree] = static_cast<uint32_t>(node); });
}

inline uint32_t leaf_of(RankNode node) { return (node >> 8) & 0xfff; }

void walk_ranks(const RankedTrees* forest, const uint8_t* ranks, size_t first, size_t last,
                uint32_t* leaf) noexcept {
  walk_each_tree(RankNodes(), forest, ranks, first, last,
                 [&](size_t tree, RankNode node) { *leaf++ = forest->value_begin[tree] + leaf_of(node); });
}

double sum_ranks(const RankedTrees* forest, const uint8_t* ranks, const double* values, size_t first,
                 size_t last) noexcept {
  double sum = 0;
  walk_each_tree(RankNodes(), forest, ranks, first, last, [&](size_t tree, RankNode node) {
    sum += values[forest->value_begin[tree] + leaf_of(node)];
  });
  return sum;
}

}  // namespace
}  // namespace boreal
