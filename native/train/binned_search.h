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

  // Scores the bin boundaries. A better split is not ready before refine().
  Outcome search(const Node& node, uint32_t feature, Split* best) {
    const Range range = range_of(node);
    if (range.first > range.last || (range.first == range.last && !range.missing)) return Outcome::kConstant;
    uint32_t shift = 0;
    while ((range.last - range.first) >> shift >= kBins) ++shift;
    const size_t last_bin = (range.last - range.first) >> shift;
    auto bin_of = [&](uint32_t rank) { return (rank - range.first) >> shift; };
    if (range.missing) {
      fill(node, [&](uint32_t rank) { return rank == RankTable::kMissing ? kMissingBin : bin_of(rank); });
    } else {
      fill(node, bin_of);
    }

    bool better = false;
    auto keep = [&](size_t bin, bool missing_left) {
      better = true;
      best->feature = feature;
      best->missing_left = missing_left;
      best->low = std::min<uint32_t>(range.first + ((bin + 1) << shift) - 1, range.last);
      best->high = bin == last_bin ? RankTable::kMissing : 0;
      range_ = range;
      shift_ = shift;
    };
    Scan scan = start(node);
    // With missing values on the right there is one more split: all other values on the left.
    for_each_better(node, scan, 0, last_bin + range.missing, best, [&](size_t bin) { keep(bin, false); });
    if (range.missing) {
      Scan left = start(node);
    }
    return better ? Outcome::kBetter : Outcome::kNotBetter;
  }
