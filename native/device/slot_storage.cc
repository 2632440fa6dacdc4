#include "device/slot_storage.h"

#include <algorithm>

namespace boreal {

SlotStorage::SlotStorage(const Plan& plan, const std::function<SlotUse(size_t op)>& use) {
  const size_t slots = plan.ops.size() + 1;

  // Slots that are one value under several names, each called by its first slot.
  std::vector<size_t> value(slots, 0);
  for (size_t s = 1; s < slots; ++s)
    value[s] = use(s - 1) == SlotUse::kAlias ? value[plan.ops[s - 1].inputs[0]] : s;

  // The last op that reads each value; the output is read by the caller after all ops.
  std::vector<size_t> last_reader(slots, 0);
  for (size_t i = 0; i < plan.ops.size(); ++i) {
    for (const uint32_t input : plan.ops[i].inputs) last_reader[value[input]] = i;
  }
  last_reader[value[slots - 1]] = plan.ops.size();

  // The slot whose memory each slot uses. The input is the caller's and is never overwritten.
  std::vector<size_t> memory(slots, 0);
  for (size_t s = 1; s < slots; ++s) {
    const size_t input = plan.ops[s - 1].inputs[0];
    const bool overwrites =
        use(s - 1) == SlotUse::kInPlace && memory[input] != 0 && last_reader[value[input]] == s - 1;
    memory[s] = value[s] != s || overwrites ? memory[input] : s;
  }

  places_.resize(slots);
  const size_t output = memory[slots - 1];
  for (size_t s = 1; s < slots; ++s) {
    if (memory[s] != s) {
      places_[s] = places_[memory[s]];
    } else if (s == output) {
      places_[s].kind = SlotPlace::kOutput;
    } else {
      places_[s] = {SlotPlace::kScratch, end_.before, end_.ordinal};
      end_.before += plan.ops[s - 1].width;
      ++end_.ordinal;
    }
  }
}

}  // namespace boreal
