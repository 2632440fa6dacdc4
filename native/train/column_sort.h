// Sorting ranks with a payload, two ways. Keys hold the rank in their upper half and the payload in the
// lower.
// - A few columns of a few dozen rows: merge exchange (Batcher 1968; Knuth, TAOCP 3, 5.2.2, algorithm M) on
// all columns
//   at once. Which elements the network compares does not depend on the data, so there is nothing to
//   mispredict and each comparison is one vector instruction for several columns.
// - Longer columns, one by one: radix sort, least significant byte first. It wins from about 100 rows on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace boreal {

constexpr size_t kSortLanes = 8;

// keys: [rows, kSortLanes]; afterwards each of the kSortLanes columns ascends.
void sort_columns(uint32_t* keys, size_t rows);

template <typename Key>
constexpr uint32_t kRankShift = sizeof(Key) * 4;
template <typename Key>
uint32_t rank_of(Key key) {
  return static_cast<uint32_t>(key >> kRankShift<Key>);
}
template <typename Key>
uint32_t payload_of(Key key) {
  return static_cast<uint32_t>(key & ((Key{1} << kRankShift<Key>)-1));
}

// Sorts ranks[i] with payload(i), of equal ranks the lower i first. keys and spare: [count]; returns the one
// that holds the result.
template <typename Key, typename Payload>
const Key* sort_ranks(const uint16_t* ranks, size_t count, Payload payload, Key* keys, Key* spare) {
  std::array<uint32_t, 256> low = {}, high = {};
  for (size_t i = 0; i < count; ++i) {
    ++low[ranks[i] & 0xff];
    ++high[ranks[i] >> 8];
  }
  const bool one_high_byte = high[ranks[0] >> 8] == count;
  uint32_t low_sum = 0, high_sum = 0;
  for (size_t b = 0; b < 256; ++b) {
    low_sum += std::exchange(low[b], low_sum);
    high_sum += std::exchange(high[b], high_sum);
  }
  for (size_t i = 0; i < count; ++i) {
    keys[low[ranks[i] & 0xff]++] = static_cast<Key>(ranks[i]) << kRankShift<Key> | payload(i);
  }
  if (one_high_byte) return keys;
  for (size_t i = 0; i < count; ++i) spare[high[rank_of(keys[i]) >> 8]++] = keys[i];
  return spare;
}

}  // namespace boreal
