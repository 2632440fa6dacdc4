// The best split of one node over max_features columns drawn without replacement. As in scikit-learn a column
// that is constant in the node counts as drawn, but at least one that is not constant is tried; of equal scores
// the first drawn and lowest wins; missing values are tried on either side.
// Small nodes are sorted, several columns at once, and every boundary is scored; large nodes are binned.
// Memory: 18 bytes per row of the table and up to 16 KB for keys, besides that of BinnedSearch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/rng.h"
#include "train/binned_search.h"
#include "train/column_sort.h"
#include "train/forest.h"
#include "train/rank_table.h"
#include "train/split.h"

namespace boreal {

template <typename Stats>
class SplitSearch {
 public:
  using Row = typename Stats::Row;
  using Cell = typename Stats::Cell;

  SplitSearch(const RankTable& table, const Stats& stats, const ForestParams& params)
      : table_(table),
        stats_(stats),
        limits_{params.min_samples_leaf, params.min_weight_leaf},
        max_features_(params.max_features),
        sorted_rows_(std::min(std::max(kSortedRows, 8 * stats.cells()), kMaxSortedRows)),
        features_(table.cols()),
        scratch_(2 * stats.cells()),
        keys_(std::min(sorted_rows_, table.rows()) * kSortLanes),
        binned_(stats, limits_, scratch_.data()) {
    for (AlignedBuffer<uint16_t>& column : columns_) column = AlignedBuffer<uint16_t>(table.rows());
    best_column_ = AlignedBuffer<uint16_t>(table.rows());
  }

  // Forgets the order in which columns were drawn for the last tree.
  void start_tree() { std::iota(features_.begin(), features_.end(), 0u); }

  // total: the sum of the rows. Split::found() is false when no split is allowed.
  Split find(const Row* rows, size_t count, const Cell* total, Rng& rng) {
    Split best;
    const bool sorted = count <= sorted_rows_;
    const size_t cols = features_.size();
    size_t usable = 0;
    for (size_t drawn = 0; drawn < cols && (drawn < max_features_ || usable == 0);) {
      const size_t group = drawn < max_features_ ? std::min(kSortLanes, max_features_ - drawn) : 1;
      for (size_t k = drawn; k < drawn + group; ++k) {
        std::swap(features_[k], features_[k + rng.below(static_cast<uint32_t>(cols - k))]);
      }
      usable += sorted ? search_sorted(rows, count, total, &features_[drawn], group, &best)
                       : search_binned(rows, count, total, &features_[drawn], group, &best);
      drawn += group;
    }
    if (!best.found()) return best;
    if (sorted) {
      gather(rows, count, &best.feature, 1, &best_column_);
    } else {
      binned_.refine({rows, best_column_.data(), count, total}, &best);
    }
    return best;
  }
  // The ranks of the rows in the column of the split just found.
  const uint16_t* ranks() const { return best_column_.data(); }

 private:
  using Scan = typename Stats::Scan;
  using Binned = BinnedSearch<Stats>;
  static constexpr size_t kSortedRows = 512;
  static constexpr size_t kMaxSortedRows = size_t{1} << 16;  // a key has 16 bits for the position

  // Both searches return how many of the columns are not constant.
  size_t search_sorted(const Row* rows, size_t count, const Cell* total, const uint32_t* features, size_t group,
                       Split* best) {
    for (size_t i = 0; i < count; ++i) {
      const uint16_t* ranks = table_.row(rows[i].index);
      uint32_t* keys = keys_.data() + i * kSortLanes;
      for (size_t k = 0; k < group; ++k) {
        keys[k] = static_cast<uint32_t>(ranks[features[k]]) << 16 | static_cast<uint32_t>(i);
      }
    }
    sort_columns(keys_.data(), count);
    size_t usable = 0;
    for (size_t k = 0; k < group; ++k) {
      const uint32_t* keys = keys_.data() + k;
      auto rank_at = [keys](size_t i) { return keys[i * kSortLanes] >> 16; };
      if (rank_at(0) == rank_at(count - 1)) continue;
      ++usable;
      // Missing values come last: in plain order they are on the right.
      scan_sorted(rows, count, count, total, features[k], keys, best);
      if (rank_at(count - 1) != RankTable::kMissing) continue;
      size_t present = count - 1;
      while (rank_at(present - 1) == RankTable::kMissing) --present;
      scan_sorted(rows, count, present, total, features[k], keys, best);
    }
    return usable;
  }

  // Scores every boundary among the first `present` keys, the rest being on the left.
  void scan_sorted(const Row* rows, size_t count, size_t present, const Cell* total, uint32_t feature,
                   const uint32_t* keys, Split* best) {
    Scan scan(stats_, total, scratch_.data());
    for (size_t i = present; i < count; ++i) scan.move(rows[keys[i * kSortLanes] & 0xffff]);
    uint32_t key = keys[0];
    for (size_t i = 1; i < present; ++i) {
      scan.move(rows[key & 0xffff]);
      const uint32_t next = keys[i * kSortLanes];
      if (key >> 16 != next >> 16 && limits_.improves(scan, count - present + i, count, &best->score)) {
        best->feature = feature;
        best->low = key >> 16;
        best->high = next >> 16;
        best->missing = keys[(count - 1) * kSortLanes] >> 16 == RankTable::kMissing;
        best->missing_left = present < count;
      }
      key = next;
    }
  }

  size_t search_binned(const Row* rows, size_t count, const Cell* total, const uint32_t* features, size_t group,
                       Split* best) {
    gather(rows, count, features, group, columns_);
    size_t usable = 0;
    for (size_t k = 0; k < group; ++k) {
      switch (binned_.search({rows, columns_[k].data(), count, total}, features[k], best)) {
        case Binned::Outcome::kBetter:
          std::swap(columns_[k], best_column_);
          [[fallthrough]];
        case Binned::Outcome::kNotBetter:
          ++usable;
          break;
        case Binned::Outcome::kConstant:
          break;
      }
    }
    return usable;
  }

  // Copies columns of the table. The rows lie anywhere in it, so later ones are prefetched.
  void gather(const Row* rows, size_t count, const uint32_t* features, size_t group,
              AlignedBuffer<uint16_t>* columns) {
    constexpr size_t kAhead = 16;
    for (size_t i = 0; i < count; ++i) {
      table_.prefetch(rows[std::min(i + kAhead, count - 1)].index);
      const uint16_t* ranks = table_.row(rows[i].index);
      for (size_t k = 0; k < group; ++k) columns[k][i] = ranks[features[k]];
    }
  }

  const RankTable& table_;
  const Stats& stats_;
  const SplitLimits limits_;
  const size_t max_features_;
  const size_t sorted_rows_;        // nodes up to this size are sorted; more with many classes, as bins cost more
  std::vector<uint32_t> features_;  // a permutation; its front is redrawn in each node
  std::vector<Cell> scratch_;
  AlignedBuffer<uint32_t> keys_;  // [sorted rows, kSortLanes] rank << 16 | position in the node
  AlignedBuffer<uint16_t> columns_[kSortLanes], best_column_;
  BinnedSearch<Stats> binned_;
};

}  // namespace boreal
