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

// Walk w goes through nodes(w) with the row x(w) and at most `depth` levels, and ends at at[w].
template <typename Nodes, typename Row>
inline void walk(const WordNodes& format, const Nodes& nodes, const Row& x, uint32_t depth,
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
  const WordNodes format(forest->feature_bits);
  for (size_t first = 0; first < forest->trees; first += kWalks) {
    const ForestNode* nodes[kWalks];
    uint32_t depth = 0;
    for (size_t w = 0; w < kWalks; ++w) {
      const size_t tree = first + w < forest->trees ? first + w : forest->trees - 1;
      nodes[w] = forest->nodes + forest->tree_begin[tree];
      if (forest->tree_depth[tree] > depth) depth = forest->tree_depth[tree];
    }
    uint64_t at[kWalks];
    walk(
        format, [&](int w) { return nodes[w]; }, [&](int) { return x; }, depth, at);
    for (size_t w = 0; w < kWalks && first + w < forest->trees; ++w)
      leaf[first + w] = static_cast<uint32_t>(nodes[w][at[w]]);
  }
}

constexpr uint32_t kAheadShift = 20;

// From a node to a child, or from a leaf to itself. Written out where it can be: of these walks nothing waits
// for memory, so that each instruction counts, and GCC needs half as many again.
inline const RankNode* step(const RankNode* at, const uint8_t* ranks) {
#if defined(__GNUC__) && defined(__x86_64__) && defined(__BMI__) && defined(__BMI2__)
  constexpr uint32_t kColumnField = 8 | 12 << 8;  // first bit, bits << 8
  uint64_t node, column, ahead;
  asm("movl (%[at]), %k[node]\n\t"
      "bextr %k[field], %k[node], %k[column]\n\t"
      "shrx %k[shift], %k[node], %k[ahead]\n\t"
      "cmpb (%[ranks],%[column]), %b[node]\n\t"
      "adcl $0, %k[ahead]\n\t"
      "leaq (%[at],%[ahead],4), %[at]"
      : [at] "+&r"(at), [node] "=&q"(node), [column] "=&r"(column), [ahead] "=&r"(ahead)
      : [ranks] "r"(ranks), [field] "r"(kColumnField), [shift] "r"(kAheadShift)
      : "cc", "memory");
  return at;
#else
  const RankNode node = *at;
  return at + (node >> kAheadShift) + (static_cast<uint8_t>(node) < ranks[(node >> 8) & 0xfff] ? 1 : 0);
#endif
}

// Takes one row through the trees first <= t < last; found(the row of the leaf's value) is called in order.
template <typename Found>
inline void walk_ranked_trees(const RankedTrees* forest, const uint8_t* ranks, size_t first, size_t last,
                              const Found& found) {
  constexpr size_t kTogether = 8;  // that registers hold
  for (; first < last; first += kTogether) {
    const RankNode* at[kTogether];
    uint32_t depth = 0;
    BOREAL_UNROLL
    for (size_t w = 0; w < kTogether; ++w) {
      const size_t tree = first + w < last ? first + w : last - 1;
      at[w] = forest->nodes + forest->tree_begin[tree];
      if (forest->tree_depth[tree] > depth) depth = forest->tree_depth[tree];
    }
    for (uint32_t level = 0; level < depth; ++level) {
      if (level >= kShallow && level % kLevelsPerTest == 0) {
        uint32_t ahead = 0;
        BOREAL_UNROLL
        for (size_t w = 0; w < kTogether; ++w) ahead |= *at[w] >> kAheadShift;
        if (ahead == 0) break;  // all are leaves
      }
      BOREAL_UNROLL
      for (size_t w = 0; w < kTogether; ++w) at[w] = step(at[w], ranks);
    }
    BOREAL_UNROLL
    for (size_t w = 0; w < kTogether; ++w) {
      if (first + w < last) found(forest->value_begin[first + w] + ((*at[w] >> 8) & 0xfff));
    }
  }
}

void walk_ranks(const RankedTrees* forest, const uint8_t* ranks, size_t first, size_t last,
                uint32_t* leaf) noexcept {
  walk_ranked_trees(forest, ranks, first, last, [&](uint32_t row) { *leaf++ = row; });
}

double sum_ranks(const RankedTrees* forest, const uint8_t* ranks, const double* values, size_t first,
                 size_t last) noexcept {
  double sum = 0;
  walk_ranked_trees(forest, ranks, first, last, [&](uint32_t row) { sum += values[row]; });
  return sum;
}

}  // namespace
}  // namespace boreal
