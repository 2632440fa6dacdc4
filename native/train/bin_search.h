// The best split of one node between bins, over max_features columns drawn without replacement: SplitSearch
// with the rows of a node added up into a histogram of each drawn column instead of sorted. The rules are the
// same: a column that is constant in the node counts as drawn, but at least one that is not is tried; of
// equal scores the first drawn and lowest wins; missing values are tried on both sides. Each column is
// searched by itself, and the best of them taken in the order in which they were drawn. A node draws its
// columns from a random stream of its own, and Stats (bin_stats.h) sums whole numbers, so that neither the
// order of nodes nor that of rows matters: nodes may be searched all at once. Time of a node: a few additions
// per row and drawn column, and one score per bin that its rows are in. Memory: 2 bytes per row and
// kHistogramBytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/prefetch.h"
#include "base/rng.h"
#include "train/bin_table.h"
#include "train/column_draw.h"
#include "train/forest.h"
#include "train/split.h"
#include "train/split_limits.h"

namespace boreal {

// The position of the lowest bit set; bits != 0.
inline size_t lowest_bit(uint64_t bits) {
#if defined(__GNUC__)
  return static_cast<size_t>(__builtin_ctzll(bits));
#else
  size_t position = 0;
  for (; (bits & 1) == 0; bits >>= 1) ++position;
  return position;
#endif
}

template <typename Stats>
class BinSearch {
 public:
  using Node = typename Stats::View;
  using Table = BinTable;
  // `find` gets a random stream of the node.
  static constexpr bool kDrawsByNode = true;

  BinSearch(const BinTable& table, const Stats& stats, const TreeParams& params)
      : table_(table),
        stats_(stats),
        params_(params),
        limits_(params),
        cells_(stats.cells()),
        lanes_(std::max<size_t>(
            1, std::min(kHistogramBytes / (kBins * cells_ * sizeof(Cell)), size_t{params.max_features}))),
        columns_(table.cols()),
        features_(lanes_),
        histograms_(lanes_ * kBins * cells_, Cell()),
        occupied_(lanes_),
        best_column_(table.rows()) {}

  void start_tree(Rng&) {}

  // Split::found() is false when no split is allowed.
  Split find(const Node& node, const ValueBounds& bounds, Rng& rng) {
    Split best;
    limits_.enter(bounds);
    const size_t wanted = params_.max_features;
    columns_.begin();
    for (size_t usable = 0; columns_.is_left() && (columns_.drawn() < wanted || usable == 0);) {
      const size_t drawn = columns_.drawn();
      const size_t group = drawn < wanted ? std::min(lanes_, wanted - drawn) : 1;
      for (size_t k = 0; k < group; ++k) features_[k] = columns_.next(rng);
      add_up(node, group);
      for (size_t k = 0; k < group; ++k) usable += search(node, k, features_[k], &best);
    }
    if (best.found()) gather(node, best.feature);
    return best;
  }
  // The bins of the rows in the column of the split just found, missing ones as kMissing.
  const uint16_t* ranks() const { return best_column_.data(); }

 private:
  using Cell = typename Stats::Cell;
  using Scan = typename Stats::Scan;
  static constexpr size_t kBins = BinTable::kBins;
  using Occupied = std::array<uint64_t, kBins / 64>;
  // Of the columns that are added up at once: what the first cache holds beside the rows.
  static constexpr size_t kHistogramBytes = 32 << 10;
  // From so many rows on most bins have some.
  static constexpr size_t kDenseRows = 512;
  static constexpr size_t kAhead = 16;  // rows, as of add_rows in hist_histogram.cc

  // Of a bin.
  size_t width() const { return Stats::kCells > 0 ? Stats::kCells : cells_; }
  Cell* histogram(size_t lane) { return histograms_.data() + lane * kBins * width(); }

  void add_up(const Node& node, size_t group) {
    if (is_sparse(node)) {
      std::fill_n(occupied_.begin(), group, Occupied{});
      add_up<true>(node, group);
    } else {
      add_up<false>(node, group);
    }
  }

  static bool is_sparse(const Node& node) { return node.count < kDenseRows; }

  template <bool kSparse>
  void add_up(const Node& node, size_t group) {
    // Copies: for all the compiler knows, an addition could change the members.
    const size_t count = node.count, stride = table_.stride(), size = kBins * width();
    const auto* const rows = node.rows;
    const uint8_t* const table = table_.row(0);
    const uint32_t* const features = features_.data();
    Occupied* const occupied = occupied_.data();
    Cell* const histograms = histograms_.data();
    for (size_t i = 0; i < count; ++i) {
      if (i + kAhead < count) prefetch(table + rows[i + kAhead].index * stride);
      const auto row = rows[i];
      const uint8_t* const bins = table + row.index * stride;
      for (size_t k = 0; k < group; ++k) {
        const size_t bin = bins[features[k]];
        stats_.add(histograms + k * size + bin * width(), row);
        if constexpr (kSparse) occupied[k][bin / 64] |= uint64_t{1} << (bin % 64);
      }
    }
  }

  // Write to bins_ those that have rows, and return how many there are.
  size_t list_bins(const Occupied& occupied) {
    size_t count = 0;
    for (size_t word = 0; word < occupied.size(); ++word) {
      for (uint64_t bits = occupied[word]; bits != 0; bits &= bits - 1) {
        bins_[count++] = static_cast<uint8_t>(word * 64 + lowest_bit(bits));
      }
    }
    return count;
  }
  size_t list_bins(const Cell* cells) {
    size_t count = 0;
    for (size_t bin = 0; bin < kBins; ++bin) {
      bins_[count] = static_cast<uint8_t>(bin);
      count += stats_.has_rows(cells + bin * width());
    }
    return count;
  }

  // Whether the column is not constant in the node. Leaves its histogram empty.
  bool search(const Node& node, size_t lane, uint32_t feature, Split* best) {
    Cell* const cells = histogram(lane);
    const size_t count = is_sparse(node) ? list_bins(occupied_[lane]) : list_bins(cells);
    const bool usable = count > 1;
    if (usable) {
      // The missing bin is the last: in plain order it is on the right.
      const uint32_t missing_bin = table_.bins(feature);
      const bool missing = bins_[count - 1] == missing_bin;
      Split own;
      scan(node, cells, count, count, feature, &own);
      if (missing && scan(node, cells, count - 1, count, feature, &own)) own.missing_left = true;
      if (own.found() && own.score > bar_above(best->score)) {
        own.feature = feature;
        own.missing = missing;
        if (own.high == missing_bin) own.high = BinTable::kMissing;
        *best = own;
      }
    }
    for (size_t b = 0; b < count; ++b) std::fill_n(cells + bins_[b] * width(), width(), Cell());
    return usable;
  }

  // Scores the boundaries between the first `end` bins that have rows, the others being on the left. Returns
  // whether one is better.
  bool scan(const Node& node, const Cell* cells, size_t end, size_t count, uint32_t feature, Split* best) {
    Scan scan(stats_, node);
    for (size_t b = end; b < count; ++b) scan.move(cells + bins_[b] * width());
    double bar = bar_above(best->score);
    bool better = false;
    for (size_t b = 0; b + 1 < end; ++b) {
      scan.move(cells + bins_[b] * width());
      const Fraction score = scan.score();
      if (!score.exceeds(bar) || !limits_.allow(scan, scan.left_rows(), node.count, feature)) continue;
      best->score = score.value();
      limits_.write_middle(scan, best);
      bar = bar_above(best->score);
      best->low = bins_[b];
      best->high = bins_[b + 1];
      better = true;
    }
    return better;
  }

  void gather(const Node& node, uint32_t feature) {
    const uint32_t missing = table_.bins(feature);
    const uint8_t* column = table_.column(feature);
    for (size_t i = 0; i < node.count; ++i) {
      const uint8_t bin = column[node.rows[i].index];
      best_column_[i] = bin == missing ? static_cast<uint16_t>(BinTable::kMissing) : uint16_t{bin};
    }
  }

  const BinTable& table_;
  const Stats& stats_;
  const TreeParams& params_;
  SplitLimits limits_;
  const size_t cells_, lanes_;  // of a bin; columns that are added up at once
  ColumnDraw columns_;
  std::vector<uint32_t> features_;   // [lanes] those that are added up
  std::vector<Cell> histograms_;     // [lanes, kBins, cells], empty between nodes
  std::vector<Occupied> occupied_;   // [lanes] bins that may have rows
  std::array<uint8_t, kBins> bins_;  // those of the column in work that have
  AlignedBuffer<uint16_t> best_column_;
};

}  // namespace boreal
