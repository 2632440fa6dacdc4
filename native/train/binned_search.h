// The best split of a large node on one column, in two passes: first 256 bins over the node's own range of ranks,
// then, for the best column only, every rank of the two bins beside the best boundary. So the split lies
// between two neighbouring values of the node, as an exact search would have it; what can be missed is a
// slightly better one far from the best bin boundary, in nodes with several rows a bin.
// Memory: 514 sums, and as many row counts when min_samples_leaf > 1.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "train/rank_table.h"
#include "train/split.h"

namespace boreal {

template <typename Stats>
class BinnedSearch {
 public:
  using Row = typename Stats::Row;
  using Cell = typename Stats::Cell;

  // A node's rows, the ranks of one column beside them, and the sum of the rows.
  struct Node {
    const Row* rows;
    const uint16_t* ranks;
    size_t count;
    const Cell* total;
  };
  enum class Outcome { kConstant, kNotBetter, kBetter };

  // scratch: 2 * stats.cells() cells for scans.
  BinnedSearch(const Stats& stats, const SplitLimits& limits, Cell* scratch)
      : stats_(stats),
        limits_(limits),
        scratch_(scratch),
        cells_(kCells * stats.cells()),
        counts_(limits.min_rows > 1 ? kCells : 0) {}

  // Scores the bin boundaries of a column. A better split is not ready before refine() with the same node.
  Outcome search(const Node& node, uint32_t feature, Split* best) {
    const Range range = range_of(node);
    if (range.first > range.last || (range.first == range.last && !range.missing)) return Outcome::kConstant;
    uint32_t shift = 0;
    while ((range.last - range.first) >> shift >= kBins) ++shift;
    auto bin_of = [&](uint32_t rank) -> size_t { return (rank - range.first) >> shift; };
    if (range.missing) {
      fill(node, [&](uint32_t rank) { return rank == RankTable::kMissing ? kMissingBin : bin_of(rank); });
    } else {
      fill(node, bin_of);
    }
    const size_t last_bin = bin_of(range.last);
    bool better = false;
    auto keep = [&](size_t bin) {
      better = true;
      best->feature = feature;
      best->low = std::min<uint32_t>(range.first + static_cast<uint32_t>((bin + 1) << shift) - 1, range.last);
      best->missing = range.missing;
      best->missing_left = false;
      range_ = range;
      shift_ = shift;
    };
    // With missing values on the right there is one more split: all numbers on the left.
    scan(node, kNoCell, 0, last_bin + range.missing, best, keep);
    if (range.missing) {
      scan(node, kMissingBin, 0, last_bin, best, [&](size_t bin) {
        keep(bin);
        best->missing_left = true;
      });
    }
    return better ? Outcome::kBetter : Outcome::kNotBetter;
  }

  // Makes the bin boundary last kept a split between neighbouring ranks: the best one nearby.
  void refine(const Node& node, Split* best) {
    if (best->low == range_.last) {
      best->high = RankTable::kMissing;
      return;
    }
    const uint32_t edge = best->low;
    uint16_t low = 0, high = RankTable::kMissing;
    for (size_t i = 0; i < node.count; ++i) {
      const uint16_t rank = node.ranks[i];
      low = std::max<uint16_t>(low, rank <= edge ? rank : 0);
      high = std::min<uint16_t>(high, rank > edge ? rank : RankTable::kMissing);
    }
    best->low = low;
    best->high = high;
    if (shift_ == 0) return;

    const uint32_t width = 1u << shift_;
    const uint32_t left = edge + 1 - width;
    const uint32_t right = high - ((high - range_.first) & (width - 1));
    const size_t missing_cell = best->missing_left ? kPrefixCell : kRestCell;
    fill(node, [&](uint32_t rank) -> size_t {
      if (rank < left) return kPrefixCell;
      if (rank - left < width) return kWindowCell + (rank - left);
      if (rank == RankTable::kMissing) return missing_cell;
      return rank - right < width ? kWindowCell + width + (rank - right) : kRestCell;
    });
    const size_t end = kWindowCell + 2 * width;
    size_t last = end - 1;
    while (empty(last)) --last;
    scan(node, kPrefixCell, kWindowCell, last, best, [&](size_t cell) {
      auto rank_of = [&](size_t c) {
        const uint32_t offset = static_cast<uint32_t>(c - kWindowCell);
        return offset < width ? left + offset : right + offset - width;
      };
      size_t next = cell + 1;
      while (empty(next)) ++next;
      best->low = rank_of(cell);
      best->high = rank_of(next);
    });
  }

 private:
  using Scan = typename Stats::Scan;
  static constexpr size_t kBins = 256;
  static constexpr size_t kMissingBin = kBins;
  // Cells of the second pass: all rows below the two bins, the ranks of the two bins, the rest.
  static constexpr size_t kPrefixCell = 0, kWindowCell = 1, kRestCell = 2 * kBins + 1;
  static constexpr size_t kCells = 2 * kBins + 2;
  static constexpr size_t kNoCell = kCells;

  struct Range {
    uint32_t first, last;  // of the ranks that are not missing; first > last: there are none
    bool missing;
  };

  static Range range_of(const Node& node) {
    // One more than the rank wraps to 0 for missing, which then is never the greatest.
    uint16_t first = RankTable::kMissing, end = 0, greatest = 0;
    for (size_t i = 0; i < node.count; ++i) {
      const uint16_t rank = node.ranks[i];
      first = std::min(first, rank);
      greatest = std::max(greatest, rank);
      end = std::max(end, static_cast<uint16_t>(rank + 1));
    }
    const bool missing = greatest == RankTable::kMissing;
    if (end == 0) return {1, 0, missing};
    return {first, end - 1u, missing};
  }

  Cell* cell(size_t i) { return cells_.data() + i * stats_.cells(); }
  bool empty(size_t i) { return stats_.empty(cell(i)); }

  template <typename CellOf>
  void fill(const Node& node, CellOf cell_of) {
    std::fill(cells_.begin(), cells_.end(), Cell());
    for (size_t i = 0; i < node.count; ++i) stats_.add(cell(cell_of(node.ranks[i])), node.rows[i]);
    if (counts_.empty()) return;
    std::fill(counts_.begin(), counts_.end(), 0u);
    for (size_t i = 0; i < node.count; ++i) ++counts_[cell_of(node.ranks[i])];
  }

  // Puts the cells `first` and [begin, end) on the left side, one after another, and calls keep(cell) after each
  // of the latter that gives a better split.
  template <typename Keep>
  void scan(const Node& node, size_t first, size_t begin, size_t end, Split* best, Keep keep) {
    Scan scan(stats_, node.total, scratch_);
    size_t left_rows = counts_.empty() ? 1 : 0;  // 1 passes every check when min_rows is 1
    auto move = [&](size_t i) {
      scan.move(cell(i));
      if (!counts_.empty()) left_rows += counts_[i];
    };
    if (first != kNoCell) move(first);
    // An empty cell repeats a score, which is not better: cheaper than a branch that is hard to predict.
    for (size_t i = begin; i < end; ++i) {
      move(i);
      if (limits_.improves(scan, left_rows, node.count, &best->score)) keep(i);
    }
  }

  const Stats& stats_;
  const SplitLimits limits_;
  Cell* const scratch_;
  std::vector<Cell> cells_;
  std::vector<uint32_t> counts_;
  Range range_ = {};    // of the column with the best split
  uint32_t shift_ = 0;  // its bins are 1 << shift ranks wide
};

}  // namespace boreal
