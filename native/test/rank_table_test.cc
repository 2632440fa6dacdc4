// Ranks of columns and the two sorts of the tree trainer.
#include "train/rank_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "train/column_sort.h"

namespace boreal {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("rank table: ranks follow the values, thresholds lie between them") {
  constexpr float kMax = std::numeric_limits<float>::max();
  const std::vector<float> x = {3, -1, -0.0f, 1, kNan, 1, 0, -kMax, 3, kMax, -5, 1e-45f};  // [6, 2]
  const RankTable table(dense_view(x.data(), 6, 2), 1, nullptr);
  const std::vector<std::vector<uint32_t>> expected = {{2, 1}, {1, 3}, {RankTable::kMissing, 3},
                                                       {1, 0}, {2, 4}, {0, 2}};
  for (size_t i = 0; i < 6; ++i) {
    for (size_t j = 0; j < 2; ++j) CHECK(table.row(i)[j] == expected[i][j]);
  }
  CHECK(table.threshold(0, 0, 1) == -2.5);
  CHECK(table.threshold(0, 0, 2) == -1);
  CHECK(table.threshold(1, 0, 4) == 0);
  CHECK(table.threshold(1, 2, 3) == 0.5 + 1e-45f / 2.0);
  CHECK(table.threshold(0, 2, RankTable::kMissing) == kMax);
}

TEST_CASE("rank table: columns of more than 65,535 values share ranks evenly") {
  constexpr size_t kRows = 200000;
  std::vector<float> x;
  for (size_t i = 0; i < kRows; ++i) x.push_back(static_cast<float>(i * 7919 % kRows));
  const RankTable table(MatrixView<const float>{x.data(), kRows, 1, 1}, 2, nullptr);
  std::vector<size_t> order(kRows), sizes(RankTable::kMaxRanks);
  for (size_t i = 0; i < kRows; ++i) {
    order[static_cast<size_t>(x[i])] = i;
    REQUIRE(table.row(i)[0] < RankTable::kMaxRanks);
    ++sizes[table.row(i)[0]];
  }
  size_t bad = 0;
  for (size_t i = 1; i < kRows; ++i) {
    const uint32_t low = table.row(order[i - 1])[0], high = table.row(order[i])[0];
    bad += low > high;
    if (low != high) bad += table.threshold(0, low, high) != static_cast<double>(i) - 0.5;
  }
  CHECK(bad == 0);
  CHECK(*std::max_element(sizes.begin(), sizes.end()) <= 5);
}

TEST_CASE("rank table: cancelled before it begins") {
  const std::vector<float> x = {1, 2};
  CancelToken token;
  token.cancel();
  CHECK_THROWS_AS(RankTable(dense_view(x.data(), 2, 1), 1, &token), Error);
}

TEST_CASE("column sort: the network sorts each lane") {
  Rng rng(1);
  for (size_t rows = 0; rows < 140; ++rows) {
    std::vector<uint32_t> keys(rows * kSortLanes);
    for (uint32_t& key : keys) key = static_cast<uint32_t>(rng.next() >> (32 + rng.below(30)));
    std::vector<uint32_t> sorted = keys;
    sort_columns(sorted.data(), rows);
    for (size_t k = 0; k < kSortLanes; ++k) {
      std::vector<uint32_t> expected, actual;
      for (size_t i = 0; i < rows; ++i) {
        expected.push_back(keys[i * kSortLanes + k]);
        actual.push_back(sorted[i * kSortLanes + k]);
      }
      std::sort(expected.begin(), expected.end());
      REQUIRE(actual == expected);
    }
  }
}

template <typename Key>
void check_sort_ranks(size_t count, uint32_t bound, uint32_t base, Rng& rng) {
  std::vector<uint16_t> ranks(count);
  for (uint16_t& rank : ranks) rank = static_cast<uint16_t>(base + rng.below(bound));
  std::vector<Key> keys(count), spare(count);
  const Key* sorted = sort_ranks(
      ranks.data(), count, [](size_t i) { return static_cast<uint32_t>(i); }, keys.data(), spare.data());
  std::vector<uint32_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint32_t>(i);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return ranks[a] < ranks[b]; });
  bool good = true;
  for (size_t i = 0; i < count; ++i) {
    good &= payload_of(sorted[i]) == order[i] && rank_of(sorted[i]) == ranks[order[i]];
  }
  CHECK(good);
}

TEST_CASE("column sort: radix sort is stable and keeps payloads") {
  Rng rng(2);
  for (size_t count : {1, 2, 255, 3000}) {
    check_sort_ranks<uint32_t>(count, 65536, 0, rng);
    check_sort_ranks<uint32_t>(count, 200, 256, rng);
    check_sort_ranks<uint64_t>(count, 300, 65000, rng);
  }
  check_sort_ranks<uint64_t>(100000, 65536, 0, rng);
}

}  // namespace
}  // namespace boreal
