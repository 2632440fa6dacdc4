// The best split of one node over max_features columns drawn without replacement. The search is exact: the
// node's rows are sorted by each drawn column and every boundary between different values is scored. As in
// scikit-learn a column that is constant in the node counts as drawn, but at least one that is not constant
// is tried; of equal scores the first drawn and lowest wins; missing values are tried on both sides.
// With random_thresholds each drawn column is cut at one random value instead (Geurts, Ernst and Wehenkel,
// Extremely randomized trees, 2006), missing values going to a random side.
// Where Stats bounds what a run of rows can hold (kBoundsRuns), only the runs that may hold the best boundary
// are sorted; the split is the same.
// Memory per row of the table: 18 bytes of columns, 8 of keys or 16 of long keys, and 8 with bounded runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/prefetch.h"
#include "base/rng.h"
#include "train/column_sort.h"
#include "train/forest.h"
#include "train/rank_table.h"
#include "train/split.h"
#include "train/split_limits.h"

namespace boreal {

template <typename Stats>
class SplitSearch {
 public:
  using Node = typename Stats::View;
  using Table = RankTable;
  // Columns are drawn from the tree's random stream, in the order in which its nodes are searched.
  static constexpr bool kDrawsByNode = false;

  SplitSearch(const RankTable& table, const Stats& stats, const TreeParams& params)
      : table_(table),
        stats_(stats),
        params_(params),
        limits_(params),
        features_(table.cols()),
        lanes_(kNetworkRows * kSortLanes),
        best_column_(table.rows()),
        parts_(Stats::kBoundsRuns ? table.rows() : 0),
        runs_(Stats::kBoundsRuns ? kMaxBuckets : 0),
        chosen_(Stats::kBoundsRuns ? kMaxBuckets : 0),
        keys_(std::min(table.rows(), Stats::kShortKeyRows)),
        long_keys_(table.rows() > Stats::kShortKeyRows ? table.rows() : 0) {
    std::fill(lanes_.begin(), lanes_.end(), 0u);
    for (AlignedBuffer<uint16_t>& column : columns_) column = AlignedBuffer<uint16_t>(table.rows());
  }

  // Forgets the order in which columns were drawn for the last tree, and draws the tree's columns.
  void start_tree(Rng& rng) {
    features_.resize(table_.cols());
    std::iota(features_.begin(), features_.end(), 0u);
    const size_t count = params_.tree_columns;
    if (count == 0 || count == features_.size()) return;
    for (size_t k = 0; k < count; ++k) draw_feature(k, rng);
    features_.resize(count);
  }

  // Split::found() is false when no split is allowed.
  Split find(const Node& node, const ValueBounds& bounds, Rng& rng) {
    Split best;
    limits_.enter(bounds);
    const bool small = node.count <= kNetworkRows && !params_.random_thresholds;
    const size_t cols = features_.size();
    const size_t wanted = params_.max_features;
    if constexpr (Stats::kBoundsRuns) {
      if (!small && !params_.random_thresholds) {
        for (size_t i = 0; i < node.count; ++i) {
          parts_[i] = Stats::run_of(stats_.payload(node.rows, i));
        }
      }
    }
    size_t usable = 0;
    for (size_t drawn = 0; drawn < cols && (drawn < wanted || usable == 0);) {
      const size_t group = drawn < wanted ? std::min({kSortLanes, wanted - drawn, cols - drawn}) : 1;
      for (size_t k = drawn; k < drawn + group; ++k) draw_feature(k, rng);
      const uint32_t* features = &features_[drawn];
      if (params_.random_thresholds) {
        usable += search_random(node, features, group, rng, &best);
      } else if (small) {
        usable += search_small(node, features, group, &best);
      } else if (node.count <= Stats::kShortKeyRows) {
        usable += search_large(node, features, group, &keys_, &best);
      } else {
        usable += search_large(node, features, group, &long_keys_, &best);
      }
      drawn += group;
    }
    if (small && best.found()) gather(node, &best.feature, 1, &best_column_);
    return best;
  }
  // The ranks of the rows in the column of the split just found.
  const uint16_t* ranks() const { return best_column_.data(); }

 private:
  using Scan = typename Stats::Scan;
  template <typename Key>
  struct KeyBuffers {
    explicit KeyBuffers(size_t rows) : first(rows), second(rows) {}
    AlignedBuffer<Key> first, second;
  };
  static constexpr size_t kNetworkRows = 64;
  // A bucket costs as much as some rows; and where more than this share of them is sorted, the radix sort of
  // all is faster.
  static constexpr size_t kRowsPerBucket = 8;
  static constexpr size_t kSortedShare = 4;

  // Puts a random one of the columns k, k + 1, ... in place k.
  void draw_feature(size_t k, Rng& rng) {
    std::swap(features_[k], features_[k + rng.below(static_cast<uint32_t>(features_.size() - k))]);
  }

  // The searches return how many of the columns are not constant.
  size_t search_small(const Node& node, const uint32_t* features, size_t group, Split* best) {
    for (size_t i = 0; i < node.count; ++i) {
      const uint16_t* ranks = table_.row(node.rows[i].index);
      const uint32_t payload = stats_.payload(node.rows, i);
      uint32_t* keys = lanes_.data() + i * kSortLanes;
      for (size_t k = 0; k < group; ++k) {
        keys[k] = static_cast<uint32_t>(ranks[features[k]]) << kRankShift<uint32_t> | payload;
      }
    }
    sort_columns(lanes_.data(), node.count);
    size_t usable = 0;
    for (size_t k = 0; k < group; ++k) {
      usable += search_sorted<kSortLanes>(node, lanes_.data() + k, features[k], best) != Outcome::kConstant;
    }
    return usable;
  }

  template <typename Key>
  size_t search_large(const Node& node, const uint32_t* features, size_t group, KeyBuffers<Key>* keys,
                      Split* best) {
    gather(node, features, group, columns_);
    size_t usable = 0;
    for (size_t k = 0; k < group; ++k) {
      Outcome outcome = Outcome::kUnknown;
      if constexpr (Stats::kBoundsRuns) {
        outcome = search_buckets(node, columns_[k].data(), features[k], keys->first.data(), best);
      }
      if (outcome == Outcome::kUnknown) {
        auto payload = [&](size_t i) { return stats_.payload(node.rows, i); };
        const Key* sorted =
            sort_ranks(columns_[k].data(), node.count, payload, keys->first.data(), keys->second.data());
        outcome = search_sorted<1>(node, sorted, features[k], best);
      }
      usable += outcome != Outcome::kConstant;
      if (outcome == Outcome::kBetter) std::swap(columns_[k], best_column_);
    }
    return usable;
  }

  size_t search_random(const Node& node, const uint32_t* features, size_t group, Rng& rng, Split* best) {
    gather(node, features, group, columns_);
    size_t usable = 0;
    for (size_t k = 0; k < group; ++k) {
      const uint16_t* ranks = columns_[k].data();
      uint32_t least = RankTable::kMissing, greatest = 0;
      bool missing = false;
      for (size_t i = 0; i < node.count; ++i) {
        const uint32_t rank = ranks[i];
        missing |= rank == RankTable::kMissing;
        least = std::min(least, rank);
        if (rank != RankTable::kMissing) greatest = std::max(greatest, rank);
      }
      if (least == RankTable::kMissing || (least == greatest && !missing)) continue;
      ++usable;
      Split cut = draw_cut(features[k], least, greatest, rng);
      cut.missing = missing;
      cut.missing_left = missing && rng.below(2) == 1;
      if (!score_cut(node, ranks, &cut, best->score)) continue;
      *best = cut;
      std::swap(columns_[k], best_column_);
    }
    return usable;
  }

  // A threshold between the least and the greatest value of the two ranks.
  Split draw_cut(uint32_t feature, uint32_t least, uint32_t greatest, Rng& rng) const {
    const double from = table_.first(feature, least), to = table_.last(feature, greatest);
    double threshold = from + (to - from) * rng.uniform();
    if (threshold >= to) threshold = from;
    Split cut;
    cut.feature = feature;
    // Values that share a rank stay together.
    cut.low = table_.rank_at(feature, threshold);
    const bool inside_last = cut.low == greatest && least < greatest;
    if (inside_last) --cut.low;
    const double last = table_.last(feature, cut.low);
    cut.threshold = inside_last ? last : std::max(threshold, last);
    return cut;
  }

  // Whether a cut is allowed and better than a score; sets its own.
  bool score_cut(const Node& node, const uint16_t* ranks, Split* cut, double score_to_beat) {
    Scan scan(stats_, node);
    size_t left = 0;
    for (size_t i = 0; i < node.count; ++i) {
      if (ranks[i] == RankTable::kMissing ? !cut->missing_left : ranks[i] > cut->low) continue;
      scan.move(stats_.payload(node.rows, i));
      ++left;
    }
    if (left == 0 || left == node.count) return false;
    const Fraction score = scan.score();
    if (!score.exceeds(bar_above(score_to_beat)) || !limits_.allow(scan, left, node.count, cut->feature)) {
      return false;
    }
    cut->score = score.value();
    limits_.write_middle(scan, cut);
    return true;
  }

  // Copies columns of the table. The rows lie anywhere in it, so those of the next block are prefetched.
  void gather(const Node& node, const uint32_t* features, size_t group, AlignedBuffer<uint16_t>* columns) {
    constexpr size_t kBlock = 32;
    const uint16_t* block[kBlock];
    const uint16_t* next[kBlock] = {};
    auto locate = [&](size_t begin, const uint16_t** rows) {
      const size_t end = std::min(begin + kBlock, node.count);
      for (size_t i = begin; i < end; ++i) {
        rows[i - begin] = table_.row(node.rows[i].index);
        prefetch(rows[i - begin]);
      }
    };
    locate(0, next);
    for (size_t begin = 0; begin < node.count; begin += kBlock) {
      std::copy_n(next, kBlock, block);
      locate(begin + kBlock, next);
      const size_t size = std::min(kBlock, node.count - begin);
      for (size_t k = 0; k < group; ++k) {
        uint16_t* column = columns[k].data() + begin;
        const uint32_t feature = features[k];
        for (size_t i = 0; i < size; ++i) column[i] = block[i][feature];
      }
    }
  }

  enum class Outcome { kConstant, kNotBetter, kBetter, kUnknown };

  static constexpr size_t kMaxBuckets = 1024;

  // Sums the rows into buckets of neighbouring ranks. The boundaries between buckets are scored, and a bucket
  // is sorted and scanned only if its sums allow a better score inside. kUnknown: too many do, or values are
  // missing.
  template <typename Key>
  Outcome search_buckets(const Node& node, const uint16_t* ranks, uint32_t feature, Key* keys, Split* best) {
    const size_t count = node.count;
    if (!Stats::fits_run(node)) return Outcome::kUnknown;
    uint16_t least = ranks[0], greatest = ranks[0];
    for (size_t i = 1; i < count; ++i) {
      least = std::min(least, ranks[i]);
      greatest = std::max(greatest, ranks[i]);
    }
    if (least == greatest) return Outcome::kConstant;
    if (greatest == RankTable::kMissing) return Outcome::kUnknown;
    const size_t most = std::min(kMaxBuckets, count / kRowsPerBucket);
    uint32_t shift = 0;
    while (size_t{(uint32_t{greatest} >> shift) - (uint32_t{least} >> shift)} >= most) ++shift;
    const size_t offset = least >> shift;
    const size_t buckets = (greatest >> shift) - offset + 1;
    auto bucket_of = [=](uint32_t rank) { return (rank >> shift) - offset; };
    uint64_t* const runs = runs_.data();
    std::fill_n(runs, buckets, uint64_t{0});
    for (size_t i = 0; i < count; ++i) runs[bucket_of(ranks[i])] += parts_[i];
    const size_t wanted = choose_buckets(node, buckets, feature, best->score);
    if (wanted == 0) return Outcome::kNotBetter;
    if (wanted > count / kSortedShare) return Outcome::kUnknown;
    const uint8_t* const chosen = chosen_.data();
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      keys[kept] = static_cast<Key>(ranks[i]) << kRankShift<Key> | stats_.payload(node.rows, i);
      kept += chosen[bucket_of(ranks[i])];
    }
    std::sort(keys, keys + kept);

    Scan scan(stats_, node);
    size_t left = 0;
    double bar = bar_above(best->score);
    bool better = false;
    const Key* key = keys;
    const Key* const end = keys + kept;
    for (size_t b = 0; b < buckets; ++b) {
      const size_t rows = Stats::run_rows(runs[b]);
      if (!chosen[b]) {
        scan.move_run(runs[b]);
        left += rows;
        continue;
      }
      for (const Key* const stop = key + rows; key != stop; ++key) {
        scan.move(payload_of(*key));
        ++left;
        const Fraction score = scan.score();
        if (!score.exceeds(bar)) continue;
        const uint32_t low = rank_of(*key);
        if ((key + 1 != end && rank_of(key[1]) == low) || !limits_.allow(scan, left, count, feature))
          continue;
        best->score = score.value();
        limits_.write_middle(scan, best);
        bar = bar_above(best->score);
        best->low = low;
        better = true;
      }
    }
    if (!better) return Outcome::kNotBetter;
    // Ranks up to low wrap and become the greatest.
    const uint16_t above = static_cast<uint16_t>(best->low + 1);
    uint16_t gap = 0xffff;
    for (size_t i = 0; i < count; ++i) gap = std::min(gap, static_cast<uint16_t>(ranks[i] - above));
    best->high = static_cast<uint32_t>(above) + gap;
    best->feature = feature;
    best->missing = best->missing_left = false;
    return Outcome::kBetter;
  }

  // Chooses the buckets that may hold a boundary as good as the best between buckets, and better than
  // score_to_beat; returns how many rows they have.
  size_t choose_buckets(const Node& node, size_t buckets, uint32_t feature, double score_to_beat) {
    double reached = bar_above(score_to_beat);
    Scan scan(stats_, node);
    size_t left = 0;
    for (size_t b = 0; b < buckets; ++b) {
      scan.move_run(runs_[b]);
      left += Stats::run_rows(runs_[b]);
      const Fraction score = scan.score();
      if (score.exceeds(reached) && limits_.allow(scan, left, node.count, feature)) reached = score.value();
    }
    // Far beyond what rounding does to either side of the comparison.
    const double limit = reached - 1e-9 * std::abs(reached);
    size_t rows = 0;
    Scan before(stats_, node);
    for (size_t b = 0; b < buckets; ++b) {
      chosen_[b] = before.may_exceed(runs_[b], limit);
      if (chosen_[b]) rows += Stats::run_rows(runs_[b]);
      before.move_run(runs_[b]);
    }
    return rows;
  }

  template <size_t kStride, typename K>
  Outcome search_sorted(const Node& node, const K* keys, uint32_t feature, Split* best) {
    const size_t count = node.count;
    auto rank_at = [keys](size_t i) { return rank_of(keys[i * kStride]); };
    const uint32_t last = rank_at(count - 1);
    if (rank_at(0) == last) return Outcome::kConstant;
    // Missing values come last: in plain order they are on the right.
    bool better = scan<kStride>(node, keys, count, feature, best);
    if (better) best->missing_left = false;
    if (last == RankTable::kMissing) {
      size_t present = count - 1;
      while (rank_at(present - 1) == RankTable::kMissing) --present;
      if (scan<kStride>(node, keys, present, feature, best)) better = best->missing_left = true;
    }
    if (!better) return Outcome::kNotBetter;
    best->feature = feature;
    best->missing = last == RankTable::kMissing;
    return Outcome::kBetter;
  }

  // Scores every boundary among the first `present` keys, the others being on the left. Returns whether one
  // is better. Few are: one product sorts out the others, and what forbids a split is looked at last.
  template <size_t kStride, typename K>
  bool scan(const Node& node, const K* keys, size_t present, uint32_t feature, Split* best) {
    Scan scan(stats_, node);
    for (size_t i = present; i < node.count; ++i) scan.move(payload_of(keys[i * kStride]));
    double bar = bar_above(best->score);
    bool better = false;
    for (size_t i = 0; i + 1 < present; ++i) {
      scan.move(payload_of(keys[i * kStride]));
      const Fraction score = scan.score();
      if (!score.exceeds(bar)) continue;
      const uint32_t low = rank_of(keys[i * kStride]), high = rank_of(keys[(i + 1) * kStride]);
      if (low == high || !limits_.allow(scan, node.count - present + i + 1, node.count, feature)) continue;
      best->score = score.value();
      limits_.write_middle(scan, best);
      bar = bar_above(best->score);
      best->low = low;
      best->high = high;
      better = true;
    }
    return better;
  }

  const RankTable& table_;
  const Stats& stats_;
  const TreeParams& params_;
  SplitLimits limits_;
  std::vector<uint32_t> features_;  // the tree's columns in any order; the front is redrawn in each node
  AlignedBuffer<uint32_t> lanes_;   // [kNetworkRows, kSortLanes]
  AlignedBuffer<uint16_t> columns_[kSortLanes], best_column_;
  AlignedBuffer<uint64_t> parts_;  // of the rows of a large node in the sums of runs
  AlignedBuffer<uint64_t> runs_;   // the sums of buckets
  AlignedBuffer<uint8_t> chosen_;  // whether a bucket is sorted
  KeyBuffers<uint32_t> keys_;
  KeyBuffers<uint64_t> long_keys_;
};

}  // namespace boreal
