#include "device/forest_ranks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "device/forest_values.h"

namespace boreal {
namespace {

constexpr uint8_t kLowest = 0, kHighest = 255;

// One rank, or a column of them; a call of memcpy would cost more than the one.
void copy_ranks(const uint8_t* from, size_t rows, uint8_t* to) {
  if (rows == 1) {
    *to = *from;
  } else {
    std::copy_n(from, rows, to);
  }
}

}  // namespace

template <typename T>
ForestRanks<T>::ForestRanks(const ForestOp& forest) : compare_(forest.compare) {
  add_features(forest);
  add_sets(forest);
  build_tables();
}

// float64 forests read |x| <= kNearZero as 0: instead of every value, the thresholds among them are moved.
template <typename T>
T ForestRanks<T>::cut_of(double threshold) const {
  if (compare_ == ForestCompare::kFloat32) return round_down(threshold);
  if (threshold >= 0 && threshold < kNearZero) threshold = kNearZero;
  if (threshold < 0 && threshold >= -kNearZero) threshold = std::nextafter(-kNearZero, -1.0);
  if constexpr (sizeof(T) == sizeof(float)) return round_down(threshold);
  return static_cast<T>(threshold);
}

template <typename T>
void ForestRanks<T>::add_features(const ForestOp& forest) {
  std::vector<std::pair<uint32_t, T>> cuts;
  std::vector<std::pair<uint32_t, uint8_t>> variants;
  for (size_t node = 0; node < forest.feature.size; ++node) {
    const uint8_t rules = forest.rules_of(node);
    if (forest.feature[node] < 0 || has(rules, kCategories)) continue;
    const uint32_t feature = static_cast<uint32_t>(forest.feature[node]);
    cuts.emplace_back(feature, cut_of(forest.threshold[node]));
    variants.emplace_back(feature, rules);
  }
  const auto tidy = [](auto& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  tidy(cuts);
  tidy(variants);
  for (const auto& [feature, rules] : variants) {
    if (features_.empty() || features_.back().feature != feature)
      features_.push_back({feature, {}, {}, {}, {}});
    features_.back().variants.push_back({rules, 0});
  }
  size_t next = 0;
  for (Feature& feature : features_) {
    for (; next < cuts.size() && cuts[next].first == feature.feature; ++next) {
      feature.cuts.push_back(cuts[next].second);
    }
    const size_t segments = (feature.cuts.size() + kSegmentCuts - 1) / kSegmentCuts;
    for (Variant& variant : feature.variants) {
      variant.column = static_cast<uint32_t>(columns_);
      columns_ += segments;
    }
  }
}

template <typename T>
void ForestRanks<T>::add_sets(const ForestOp& forest) {
  const auto before = [](const Set& a, const Set& b) {
    return std::tie(a.feature, a.rules, a.set) < std::tie(b.feature, b.rules, b.set);
  };
  for (size_t node = 0; node < forest.feature.size; ++node) {
    const uint8_t rules = forest.rules_of(node);
    if (forest.feature[node] < 0 || !has(rules, kCategories)) continue;
    const uint32_t number = static_cast<uint32_t>(forest.threshold[node]);
    sets_.push_back({static_cast<uint32_t>(forest.feature[node]), rules, number, 0, {}});
  }
  const auto same = [&](const Set& a, const Set& b) { return !before(a, b) && !before(b, a); };
  std::sort(sets_.begin(), sets_.end(), before);
  sets_.erase(std::unique(sets_.begin(), sets_.end(), same), sets_.end());
  for (Set& set : sets_) {
    set.column = static_cast<uint32_t>(columns_++);
    set.words.assign(forest.set_words.data + forest.set_offsets[set.set],
                     forest.set_words.data + forest.set_offsets[set.set + 1]);
  }
}

template <typename T>
void ForestRanks<T>::build_tables() {
  size_t segments = 0;
  for (const Feature& feature : features_)
    segments += (feature.cuts.size() + kSegmentCuts - 1) / kSegmentCuts;
  segments_ = AlignedBuffer<T>(segments * kSegmentSize);
  std::fill(segments_.begin(), segments_.end(), std::numeric_limits<T>::infinity());
  T* table = segments_.data();
  for (Feature& feature : features_) {
    const size_t count = (feature.cuts.size() + kSegmentCuts - 1) / kSegmentCuts;
    feature.table = {table, count, compare_ == ForestCompare::kFloat32 && sizeof(T) > sizeof(float)};
    const size_t zero = static_cast<size_t>(std::lower_bound(feature.cuts.begin(), feature.cuts.end(), T(0)) -
                                            feature.cuts.begin());
    for (size_t s = 0; s < count; ++s, table += kSegmentSize) {
      const size_t first = s * kSegmentCuts;
      const size_t size = std::min(kSegmentCuts, feature.cuts.size() - first);
      T* cuts = table + kSegmentGroup;
      std::copy_n(&feature.cuts[first], size, cuts);
      for (size_t g = 0; g < kSegmentGroup; ++g) table[g] = cuts[g * kSegmentGroup + kSegmentGroup - 1];
      feature.zero.push_back(static_cast<uint8_t>(std::clamp(zero, first, first + kSegmentCuts) - first));
    }
  }
}

template <typename T>
RankTest ForestRanks<T>::test_of(const ForestOp& forest, size_t node) const {
  const uint32_t number = static_cast<uint32_t>(forest.feature[node]);
  const uint8_t rules = forest.rules_of(node);
  if (has(rules, kCategories)) {
    const auto key = std::make_tuple(number, rules, static_cast<uint32_t>(forest.threshold[node]));
    const auto found =
        std::lower_bound(sets_.begin(), sets_.end(), key, [](const Set& set, const auto& wanted) {
          return std::make_tuple(set.feature, set.rules, set.set) < wanted;
        });
    return {found->column, kLowest};
  }
  const auto feature = std::lower_bound(features_.begin(), features_.end(), number,
                                        [](const Feature& f, uint32_t wanted) { return f.feature < wanted; });
  const auto variant = std::find_if(feature->variants.begin(), feature->variants.end(),
                                    [&](const Variant& v) { return v.rules == rules; });
  const auto cut =
      std::lower_bound(feature->cuts.begin(), feature->cuts.end(), cut_of(forest.threshold[node]));
  const size_t k = static_cast<size_t>(cut - feature->cuts.begin());
  return {variant->column + static_cast<uint32_t>(k / kSegmentCuts), static_cast<uint8_t>(k % kSegmentCuts)};
}

template <typename T>
void ForestRanks<T>::stage(const ForestKernels& kernels, const T* x, size_t xs, size_t rows, uint8_t flip,
                           uint8_t* ranks, size_t rs) const {
  for (const Feature& feature : features_) {
    const T* values = x + feature.feature;
    const std::vector<Variant>& variants = feature.variants;
    uint8_t* plain = ranks + variants[0].column * rs;
    bool any_nan;
    if constexpr (sizeof(T) == sizeof(float)) {
      any_nan = kernels.rank_f32(&feature.table, values, xs, rows, flip, plain, rs);
    } else {
      any_nan = kernels.rank_f64(&feature.table, values, xs, rows, flip, plain, rs);
    }
    for (size_t v = variants.size(); v-- > 0;) {
      uint8_t* own = ranks + variants[v].column * rs;
      for (size_t s = 0; v > 0 && s < feature.table.count; ++s)
        copy_ranks(plain + s * rs, rows, own + s * rs);
      const bool nan_is_lowest = (variants[v].rules & (kMissingLeft | kMissingIsZero)) == kMissingLeft;
      if ((any_nan && !nan_is_lowest) || has(variants[v].rules, kZeroIsMissing)) {
        finish(feature, variants[v], values, xs, rows, flip, own, rs);
      }
    }
  }
  for (const Set& set : sets_) {
    for (size_t i = 0; i < rows; ++i) {
      double value = static_cast<double>(x[i * xs + set.feature]);
      if (std::isnan(value) && has(set.rules, kMissingIsZero)) value = 0;
      const bool missing =
          std::isnan(value) || (has(set.rules, kZeroIsMissing) && std::fabs(value) <= kNearZero);
      const bool left = missing ? has(set.rules, kMissingLeft)
                                : in_set(compare_, {set.words.data(), set.words.size()}, value);
      ranks[set.column * rs + i] = (left ? kLowest : kHighest) ^ flip;
    }
  }
}

// Puts missing values where the variant's nodes want them.
template <typename T>
void ForestRanks<T>::finish(const Feature& feature, const Variant& variant, const T* x, size_t xs,
                            size_t rows, uint8_t flip, uint8_t* ranks, size_t rs) const {
  for (size_t i = 0; i < rows; ++i) {
    const double value = static_cast<double>(x[i * xs]);
    const bool zero = std::fabs(value) <= kNearZero && has(variant.rules, kZeroIsMissing);
    if (!std::isnan(value) && !zero) continue;
    for (size_t s = 0; s < feature.table.count; ++s) {
      const uint8_t rank = has(variant.rules, kMissingIsZero) ? feature.zero[s]
                           : has(variant.rules, kMissingLeft) ? kLowest
                                                              : kHighest;
      ranks[s * rs + i] = rank ^ flip;
    }
  }
}

template <typename T>
size_t ForestRanks<T>::memory_bytes() const {
  size_t bytes = segments_.size() * sizeof(T);
  for (const Set& set : sets_) bytes += set.words.size() * sizeof(int32_t);
  return bytes;
}

template <typename T>
double ForestRanks<T>::row_cost_ns() const {
  double cost = 4 * static_cast<double>(sets_.size());
  for (const Feature& feature : features_) {
    cost += 2 + 0.3 * static_cast<double>(feature.table.count * feature.variants.size());
  }
  return cost;
}

template class ForestRanks<float>;
template class ForestRanks<double>;

}  // namespace boreal
