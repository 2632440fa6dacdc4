// Which players of a leaf's path a row agrees with: one bit each, in the order in which the path meets them.
// Of the background rows only the different patterns count, and how many rows have each.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "explain/shap_forest.h"

namespace boreal {

constexpr size_t kMostPlayers = 64;  // bits of a pattern

inline size_t count_bits(uint64_t bits) { return std::bitset<64>(bits).count(); }
// `count` ones; count in [1, 64].
inline uint64_t low_bits(size_t count) { return ~uint64_t{0} >> (64 - count); }

// Walks a tree with some rows side by side.
class PatternWalk {
 public:
  // words [columns, rows]. Calls leaf(edge, players, count, bits) at each leaf: the path's players and how
  // many, and the pattern of each row.
  template <typename Leaf>
  void run(const ShapForest& forest, size_t tree, const uint32_t* words, size_t rows, Leaf leaf) {
    levels_.resize(forest.depth + 1);
    bits_.resize((forest.depth + 1) * rows);
    players_.resize(kMostPlayers);
    for (size_t i = 0; i < rows; ++i) bits_[i] = 0;
    for (size_t e = forest.tree_begin[tree]; e < forest.tree_begin[tree + 1]; ++e) {
      const ShapEdge& edge = forest.edges[e];
      const Level& parent = levels_[edge.depth - 1];
      Level& level = levels_[edge.depth];
      const bool is_new = edge.earlier == 0;
      level.slot = is_new ? parent.count : levels_[edge.earlier].slot;
      level.count = parent.count + (is_new ? 1 : 0);
      if (is_new) players_[level.slot] = edge.player;
      const uint64_t* const above = bits_.data() + (edge.depth - 1) * rows;
      uint64_t* const bits = bits_.data() + edge.depth * rows;
      const uint32_t* const column = words + edge.column * rows;
      // A player is in its pattern from its first edge on, and out at the first edge that the row does not
      // take.
      const uint64_t bit = uint64_t{1} << level.slot;
      const uint64_t set = is_new ? bit : 0, kept = ~bit;
      for (size_t i = 0; i < rows; ++i) {
        const bool takes = (column[i] > edge.word) != (edge.left != 0);
        bits[i] = takes ? above[i] | set : above[i] & kept;
      }
      if (edge.leaf != kShapInner) leaf(edge, players_.data(), level.count, bits);
    }
  }

 private:
  struct Level {
    size_t slot = 0, count = 0;
  };
  std::vector<Level> levels_;
  std::vector<uint64_t> bits_;  // [levels, rows]
  std::vector<uint32_t> players_;
};

// The leaves of one tree with the patterns that the background rows have there.
class LeafPatterns {
 public:
  struct Leaf {
    uint32_t value;  // its row of the forest's values
    uint32_t count;  // players of its path
    size_t players, patterns, patterns_end;
    size_t table;  // of the parts by pattern of the row, [2^count, count]; kNoTable: none
  };
  static constexpr size_t kNoTable = static_cast<size_t>(-1);

  // A table is made where the rows to come have use for it.
  void build(const ShapForest& forest, size_t tree, const uint32_t* words, size_t background, size_t rows);

  const std::vector<Leaf>& leaves() const { return leaves_; }  // in the order of the tree's edges
  const uint32_t* players(const Leaf& leaf) const { return players_.data() + leaf.players; }
  // Background rows that reach the leaf.
  double reached(const Leaf& leaf) const;
  // parts[s] += what player s of the path gets of a leaf of value 1, summed over the background rows, for a
  // row that agrees with the players `agrees`.
  void add_parts(const Leaf& leaf, uint64_t agrees, double* parts) const;
  // The same from the table: [count].
  const double* table(const Leaf& leaf, uint64_t agrees) const {
    return tables_.data() + leaf.table + agrees * leaf.count;
  }

 private:
  struct Pattern {
    uint64_t agrees;
    double rows;
  };
  void add_leaf(const ShapEdge& edge, const uint32_t* players, size_t count, const uint64_t* bits,
                size_t background, size_t rows);

  PatternWalk walk_;
  std::vector<Leaf> leaves_;
  std::vector<uint32_t> players_;
  std::vector<Pattern> patterns_;
  std::vector<double> tables_;
  std::vector<uint64_t> sorted_;
};

}  // namespace boreal
