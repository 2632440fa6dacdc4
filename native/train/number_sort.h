// A radix sort of numbers, least significant digit first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace boreal {

// Unsigned keys in the order of the numbers, none of which is NaN.
inline uint64_t order_key(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits ^ (bits >> 63 != 0 ? ~uint64_t{0} : uint64_t{1} << 63);
}

inline double number_of(uint64_t key) {
  const uint64_t bits = key ^ (key >> 63 != 0 ? uint64_t{1} << 63 : ~uint64_t{0});
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// By their keys, those of one key as they were. Digits that all keys share, as the low ones of float32
// numbers, cost nothing.
template <typename Number>
void sort_numbers(std::vector<Number>& numbers) {
  constexpr size_t kBits = 11, kBuckets = size_t{1} << kBits, kDigits = 6;
  const auto digit = [](uint64_t key, size_t d) { return key >> (d * kBits) & (kBuckets - 1); };
  std::vector<std::array<uint32_t, kBuckets>> counts(kDigits);
  for (const Number& number : numbers) {
    for (size_t d = 0; d < kDigits; ++d) ++counts[d][digit(number.key, d)];
  }
  std::vector<Number> spare(numbers.size());
  for (size_t d = 0; d < kDigits && !numbers.empty(); ++d) {
    if (counts[d][digit(numbers.front().key, d)] == numbers.size()) continue;
    uint32_t sum = 0;
    for (uint32_t& count : counts[d]) sum += std::exchange(count, sum);
    for (const Number& number : numbers) spare[counts[d][digit(number.key, d)]++] = number;
    numbers.swap(spare);
  }
}

}  // namespace boreal
