#include "device/forest_columns.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "device/forest_values.h"

namespace boreal {
ForestColumns::Key ForestColumns::key_of(const ForestOp& forest, size_t node) {
  const uint8_t rules = forest.rules_of(node);
  return {static_cast<uint32_t>(forest.feature[node]), rules,
          has(rules, kCategories) ? static_cast<uint32_t>(forest.threshold[node]) : 0};
}

bool ForestColumns::before(const Key& a, const Key& b) {
  return std::tie(a.feature, a.rules, a.set) < std::tie(b.feature, b.rules, b.set);
}

ForestColumns::ForestColumns(const ForestOp& forest)
    : compare_(forest.compare), set_words_(forest.set_words.begin(), forest.set_words.end()) {
  const auto tidy = [&] {
    const auto same = [](const Key& a, const Key& b) { return !before(a, b) && !before(b, a); };
    std::sort(keys_.begin(), keys_.end(), before);
    keys_.erase(std::unique(keys_.begin(), keys_.end(), same), keys_.end());
  };
  std::vector<std::pair<uint32_t, double>> cuts;  // of float64, by feature
  size_t tidy_from = 4096;
  for (size_t node = 0; node < forest.feature.size; ++node) {
    if (forest.feature[node] < 0) continue;
    keys_.push_back(key_of(forest, node));
    if (compare_ == ForestCompare::kFloat64 && !has(keys_.back().rules, kCategories)) {
      cuts.emplace_back(keys_.back().feature, forest.threshold[node]);
    }
    if (keys_.size() >= tidy_from) {  // nodes outnumber columns by far
      tidy();
      tidy_from = 2 * keys_.size() + 4096;
    }
  }
  tidy();
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  for (const auto& cut : cuts) thresholds_.push_back(cut.second);

  plain_ = compare_ == ForestCompare::kFloat32;
  for (const Key& key : keys_) {
    Column column{key.feature, key.rules, has(key.rules, kMissingLeft) ? kBelowAll : kAboveAll, 0, 0};
    if (has(key.rules, kCategories)) {
      column.begin = static_cast<size_t>(forest.set_offsets[key.set]);
      column.end = static_cast<size_t>(forest.set_offsets[key.set + 1]);
    } else if (compare_ == ForestCompare::kFloat64) {
      const double least = -std::numeric_limits<double>::infinity();
      const auto first = std::lower_bound(cuts.begin(), cuts.end(), std::make_pair(key.feature, least));
      const auto last = std::lower_bound(first, cuts.end(), std::make_pair(key.feature + 1, least));
      column.begin = static_cast<size_t>(first - cuts.begin());
      column.end = static_cast<size_t>(last - cuts.begin());
    }
    plain_ = plain_ && (key.rules & ~kMissingLeft) == 0;
    columns_.push_back(column);
  }
}

uint32_t ForestColumns::column_of(const ForestOp& forest, size_t node) const {
  return static_cast<uint32_t>(std::lower_bound(keys_.begin(), keys_.end(), key_of(forest, node), before) -
                               keys_.begin());
}

uint32_t ForestColumns::word_of(const ForestOp& forest, size_t node) const {
  if (has(forest.rules_of(node), kCategories)) return 0;
  const double threshold = forest.threshold[node];
  if (compare_ == ForestCompare::kFloat32) return ordered_bits(round_down(threshold));
  const Column& column = columns_[column_of(forest, node)];
  const double* const first = thresholds_.data() + column.begin;
  return static_cast<uint32_t>(std::lower_bound(first, thresholds_.data() + column.end, threshold) - first);
}

uint32_t ForestColumns::word(const Column& column, double value) const {
  if (std::isnan(value)) {
    if (!has(column.rules, kMissingIsZero)) return column.missing;
    value = 0;
  }
  if (std::fabs(value) <= kNearZero) {
    if (has(column.rules, kZeroIsMissing)) return column.missing;
    if (compare_ == ForestCompare::kFloat64) value = 0;
  }
  if (has(column.rules, kCategories)) {
    return in_set(compare_, {set_words_.data() + column.begin, column.end - column.begin}, value) ? 0 : 1;
  }
  if (compare_ == ForestCompare::kFloat32) return ordered_bits(static_cast<float>(value));
  // How many thresholds are less: without branches, since rows are not predictable.
  const double* first = thresholds_.data() + column.begin;
  size_t count = column.end - column.begin;
  const double* const begin = first;
  while (count > 0) {
    const size_t half = count / 2;
    const bool less = first[half] < value;
    first += less ? half + 1 : 0;
    count = less ? count - half - 1 : half;
  }
  return static_cast<uint32_t>(first - begin);
}

double ForestColumns::row_cost_ns() const {
  double cost = 0;
  for (const Column& column : columns_) {
    const bool ranked = compare_ == ForestCompare::kFloat64 && !has(column.rules, kCategories);
    cost += plain_   ? 1
            : ranked ? 3 + 1.5 * std::log2(1.0 + static_cast<double>(column.end - column.begin))
                     : 3;
  }
  return cost;
}

size_t ForestColumns::memory_bytes() const {
  return thresholds_.size() * sizeof(double) + set_words_.size() * sizeof(int32_t) +
         columns_.size() * (sizeof(Column) + sizeof(Key));
}

}  // namespace boreal
