// Where the slots of a plan live while a tile runs: in the caller's input, in its output, or in scratch.
// Slots of scratch share memory when the op between them may work in place and nobody reads the first one
// later, or when all readers of one have run before the other is written.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "plan/plan.h"

namespace boreal {

// What an op needs for the slot it writes.
enum class SlotUse {
  kOwn,      // memory of its own
  kInPlace,  // the memory of its first input will do; their widths are equal
  kAlias     // nothing: its slot is its input
};

struct SlotPlace {
  enum Kind { kInput, kOutput, kScratch } kind = kInput;
  size_t before = 0;   // scratch: total width of the blocks of memory before this one
  size_t ordinal = 0;  // scratch: their number
};

class SlotStorage {
 public:
  SlotStorage() = default;
  SlotStorage(const Plan& plan, const std::function<SlotUse(size_t op)>& use);

  SlotPlace place(size_t slot) const { return places_[slot]; }
  // Offset in elements of a scratch place when each slot has `rows` rows. Every block starts on a cache
  // line: its offset is rounded up, and one line per block before it makes room for the rounding.
  size_t offset(SlotPlace place, size_t rows) const {
    return (place.before * rows + kLine - 1) / kLine * kLine + place.ordinal * kLine;
  }
  // Elements of scratch for `rows` rows.
  size_t elements(size_t rows) const { return offset(end_, rows); }

 private:
  static constexpr size_t kLine = 16;  // elements: a cache line of float32

  std::vector<SlotPlace> places_;
  SlotPlace end_;
};

}  // namespace boreal
