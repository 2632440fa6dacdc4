// The best split of one node over max_features columns drawn without replacement. As in scikit-learn a column
// that is constant in the node counts as drawn, but at least one that is not constant is tried; of equal scores
// the first drawn and lowest wins; missing values are tried on either side.
//
// Small nodes: keys rank << 16 | position are sorted, several columns at once, and every boundary is scored.
// Large nodes, in two passes: 256 bins over the node's own range of ranks, then all ranks of the two bins beside
// the best boundary. So thresholds always lie between two neighbouring values of the node; only a boundary far
// from its feature's best bin boundary can be missed, and only in nodes with far more rows than bins.
// Memory: 2 * (kSortLanes + 1) bytes per row, and 6 KB (large nodes: times the cells) per search.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/rng.h"
#include "train/column_sort.h"
#include "train/forest.h"
#include "train/rank_table.h"
#include "train/split_stats.h"

namespace boreal {

struct Split {
  Fraction score;
  uint32_t feature = 0;
  uint32_t low = 0, high = 0;  // neighbouring ranks in the node: rank <= low goes left, rank >= high right
  bool missing = false;        // the node's rows have missing values here; they go
  bool missing_left = false;   // to this side
};

template <typename Stats>
class SplitSearch {
 public:
  using Row = typename Stats::Row;
  using Cell = typename Stats::Cell;

  SplitSearch(const RankTable& table, const Stats& stats, const ForestParams& params)
      : table_(table),
        stats_(stats),
        min_leaf_(params.min_samples_leaf),
        min_weight_(params.min_weight_leaf),
        max_features_(params.max_features),
        sorted_rows_(std::min<size_t>(std::max(kSortedRows, kBins / 32 * stats.cells()), 1u << 16)),
        features_(table.cols()),
        scratch_(2 * stats.cells()),
        keys_(std::min(sorted_rows_, table.rows()) * kSortLanes) {
    std::iota(features_.begin(), features_.end(), 0u);
    for (AlignedBuffer<uint16_t>& column : columns_) column = AlignedBuffer<uint16_t>(table.rows());
    if (table.rows() > sorted_rows_) {
      cells_.resize(kAllCells * stats.cells());
      counts_.resize(kAllCells);
    }
  }

  // total: the sum of all rows. Returns false when no split is allowed.
  bool find(const Row* rows, size_t count, const Cell* total, Rng& rng) {
    rows_ = rows;
    count_ = count;
    total_ = total;
    best_ = Split();
    const size_t cols = features_.size();
    size_t usable = 0;
    for (size_t drawn = 0; drawn < cols && (drawn < max_features_ || usable == 0);) {
      const size_t group = drawn < max_features_ ? std::min(kSortLanes, max_features_ - drawn) : 1;
      for (size_t k = drawn; k < drawn + group; ++k) {
        std::swap(features_[k], features_[k + rng.below(static_cast<uint32_t>(cols - k))]);
      }
      usable += count <= sorted_rows_ ? search_sorted(&features_[drawn], group)
                                      : search_binned(&features_[drawn], group);
      drawn += group;
    }
    if (!found()) return false;
    if (count > sorted_rows_) refine();
    return true;
  }
  const Split& best() const { return best_; }

 private:
  using Scan = typename Stats::Scan;
  static constexpr size_t kSortedRows = 512;
  static constexpr size_t kBins = 256;
  static constexpr size_t kMissingBin = kBins;
  static constexpr size_t kAllCells = 2 * kBins + 2;

  bool found() const { return best_.score.num > -std::numeric_limits<double>::infinity(); }

  // Whether the split after the rows that scan has moved is allowed and better than the best.
  bool improves(const Scan& scan, size_t left_rows) {
    if (left_rows < min_leaf_ || count_ - left_rows < min_leaf_) return false;
    if (scan.left_weight() < min_weight_ || scan.right_weight() < min_weight_) return false;
    const Fraction score = scan.score();
    if (!(score > best_.score)) return false;
    best_.score = score;
    return true;
  }

  // Returns how many of the columns are not constant.
  size_t search_sorted(const uint32_t* features, size_t group) {
    for (size_t i = 0; i < count_; ++i) {
      const uint16_t* ranks = table_.row(rows_[i].index);
      uint32_t* keys = keys_.data() + i * kSortLanes;
      for (size_t k = 0; k < group; ++k) keys[k] = static_cast<uint32_t>(ranks[features[k]] << 16 | i);
    }
    sort_columns(keys_.data(), count_);
    size_t usable = 0;
    for (size_t k = 0; k < group; ++k) {
      const uint32_t least = rank_at(0, k), greatest = rank_at(count_ - 1, k);
      if (least == greatest) continue;
      ++usable;
      // Missing values are sorted last: plain order is the search with them on the right.
      scan_sorted(features[k], k, count_, false);
      if (greatest == RankTable::kMissing) {
        size_t present = count_ - 1;
        while (rank_at(present - 1, k) == RankTable::kMissing) --present;
        scan_sorted(features[k], k, present, true);
      }
    }
    return usable;
  }
  uint32_t rank_at(size_t i, size_t lane) const { return keys_[i * kSortLanes + lane] >> 16; }

  void scan_sorted(uint32_t feature, size_t lane, size_t end, bool missing_left) {
    Scan scan(stats_, total_, scratch_.data());
    const uint32_t* keys = keys_.data() + lane;
    for (size_t i = end; i < count_; ++i) scan.move(rows_[keys[i * kSortLanes] & 0xffff]);
    const size_t offset = count_ - end;
    uint32_t key = keys[0];
    for (size_t i = 1; i < end; ++i) {
      scan.move(rows_[key & 0xffff]);
      const uint32_t next = keys[i * kSortLanes];
      if (next >> 16 != key >> 16 && improves(scan, i + offset)) {
        best_.feature = feature;
        best_.low = key >> 16;
        best_.high = next >> 16;
        best_.missing_left = missing_left;
      }
      key = next;
    }
  }

  size_t search_binned(const uint32_t* features, size_t group) {
    gather(features, group);
    size_t usable = 0;
    for (size_t k = 0; k < group; ++k) {
      const uint16_t* column = columns_[k].data();
      const Range range = range_of(column);
      if (range.min >= range.end - !range.missing) continue;
      ++usable;
      Bins bins;
      bins.base = range.min;
      while ((range.end - 1 - range.min) >> bins.shift >= kBins) ++bins.shift;
      const size_t last = (range.end - 1 - range.min) >> bins.shift;
      clear_cells(kBins + 1);
      if (range.missing) {
        fill_cells(column, [&](uint32_t rank) {
          return rank == RankTable::kMissing ? kMissingBin : (rank - bins.base) >> bins.shift;
        });
      } else {
        fill_cells(column, [&](uint32_t rank) { return (rank - bins.base) >> bins.shift; });
      }
      bool better = scan_bins(features[k], bins, last + range.missing, false);
      if (range.missing) better |= scan_bins(features[k], bins, last, true);
      if (!better) continue;
      best_.missing = range.missing;
      std::swap(columns_[k], columns_[kSortLanes]);
    }
    return usable;
  }

  // Reads the drawn columns of the node's rows; later rows are prefetched, since they lie anywhere in the table.
  void gather(const uint32_t* features, size_t group) {
    constexpr size_t kAhead = 16;
    for (size_t i = 0; i < count_; ++i) {
      prefetch(table_.row(rows_[std::min(i + kAhead, count_ - 1)].index));
      const uint16_t* ranks = table_.row(rows_[i].index);
      for (size_t k = 0; k < group; ++k) columns_[k][i] = ranks[features[k]];
    }
  }
