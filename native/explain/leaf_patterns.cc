// For one leaf, one row x and one background row b, the game of the players is: value if each player that
// only x agrees with is in and each that only b agrees with is out, where every player agrees with at least
// one of the two; else 0. With `in` players of the first kind and `out` of the second each of the former gets
// value (in - 1)! out! / (in + out)!, each of the latter -value in! (out - 1)! / (in + out)! (Lundberg et al.
// 2020, their Algorithm 3).
#include "explain/leaf_patterns.h"

#include <algorithm>
#include <array>

namespace boreal {
namespace {

constexpr size_t kTableBits = 8;

// [in][out] = (in - 1)! out! / (in + out)!, in >= 1.
using Weights = std::array<std::array<double, kMostPlayers + 1>, kMostPlayers + 1>;

const Weights& weights() {
  static const Weights made = [] {
    Weights w{};
    for (size_t out = 0; out <= kMostPlayers; ++out) {
      w[1][out] = 1 / static_cast<double>(out + 1);
      for (size_t in = 2; in <= kMostPlayers; ++in) {
        w[in][out] = w[in - 1][out] * static_cast<double>(in - 1) / static_cast<double>(in + out);
      }
    }
    return w;
  }();
  return made;
}

}  // namespace

void LeafPatterns::build(const ShapForest& forest, size_t tree, const uint32_t* words, size_t background,
                         size_t rows) {
  leaves_.clear();
  players_.clear();
  patterns_.clear();
  tables_.clear();
  walk_.run(forest, tree, words, background,
            [&](const ShapEdge& edge, const uint32_t* players, size_t count, const uint64_t* bits) {
              add_leaf(edge, players, count, bits, background, rows);
            });
}

void LeafPatterns::add_leaf(const ShapEdge& edge, const uint32_t* players, size_t count, const uint64_t* bits,
                            size_t background, size_t rows) {
  Leaf leaf{edge.leaf, static_cast<uint32_t>(count), players_.size(), patterns_.size(), 0, kNoTable};
  players_.insert(players_.end(), players, players + count);
  sorted_.assign(bits, bits + background);
  std::sort(sorted_.begin(), sorted_.end());
  for (size_t i = 0; i < background; ++i) {
    if (i == 0 || sorted_[i] != sorted_[i - 1]) patterns_.push_back({sorted_[i], 0});
    patterns_.back().rows += 1;
  }
  leaf.patterns_end = patterns_.size();
  if (count <= kTableBits && (size_t{1} << count) <= rows) {
    leaf.table = tables_.size();
    tables_.resize(tables_.size() + (count << count), 0.0);
    for (uint64_t agrees = 0; agrees >> count == 0; ++agrees) {
      add_parts(leaf, agrees, tables_.data() + leaf.table + agrees * count);
    }
  }
  leaves_.push_back(leaf);
}

double LeafPatterns::reached(const Leaf& leaf) const {
  const Pattern& last = patterns_[leaf.patterns_end - 1];  // the greatest
  return last.agrees == low_bits(leaf.count) ? last.rows : 0;
}

void LeafPatterns::add_parts(const Leaf& leaf, uint64_t agrees, double* parts) const {
  const uint64_t all = low_bits(leaf.count), against = all & ~agrees;
  const size_t out = count_bits(against);
  double lost = 0;
  for (size_t k = leaf.patterns; k < leaf.patterns_end; ++k) {
    const Pattern& pattern = patterns_[k];
    if ((against & ~pattern.agrees) != 0) continue;  // a player agrees with neither row
    const uint64_t gaining = all & ~pattern.agrees;
    const size_t in = count_bits(gaining);
    if (out > 0) lost += pattern.rows * weights()[out][in];
    if (in == 0) continue;
    const double gain = pattern.rows * weights()[in][out];
    for (size_t s = 0; s < leaf.count; ++s) {
      if ((gaining >> s & 1) != 0) parts[s] += gain;
    }
  }
  for (size_t s = 0; s < leaf.count; ++s) {
    if ((against >> s & 1) != 0) parts[s] -= lost;
  }
}

}  // namespace boreal
