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

  // The last op that needs each memory: it is written by the first, read by the others.
  std::vector<size_t> last_use(slots, 0);
  for (size_t s = 1; s < slots; ++s) {
    size_t& last = last_use[memory[s]];
    last = std::max({last, s - 1, last_reader[value[s]]});
  }

  // Blocks of scratch, each taken by one memory after the other.
  struct Block {
    size_t width, last_use;
  };
  std::vector<Block> blocks;
  std::vector<size_t> block_of(slots, 0);
  const size_t output = memory[slots - 1];
  for (size_t s = 1; s < slots; ++s) {
    if (memory[s] != s || s == output) continue;
    const size_t op = s - 1, width = plan.ops[op].width;
    // The free block that fits best: the narrowest of those wide enough, else the widest, which grows.
    const auto fits_better = [&](const Block& a, const Block& b) {
      const bool fits = a.width >= width;
      return fits != (b.width >= width) ? fits : fits == (a.width < b.width);
    };
    size_t best = blocks.size();
    for (size_t b = 0; b < blocks.size(); ++b) {
      const bool is_free = blocks[b].last_use < op;
      if (is_free && (best == blocks.size() || fits_better(blocks[b], blocks[best]))) best = b;
    }
    if (best == blocks.size()) blocks.push_back({0, 0});
    blocks[best] = {std::max(blocks[best].width, width), last_use[s]};
    block_of[s] = best;
  }
  std::vector<SlotPlace> block_places;
  for (const Block& block : blocks) {
    block_places.push_back({SlotPlace::kScratch, end_.before, end_.ordinal});
    end_.before += block.width;
    ++end_.ordinal;
  }

  places_.resize(slots);
  for (size_t s = 1; s < slots; ++s) {
    if (memory[s] != s) {
      places_[s] = places_[memory[s]];
    } else if (s == output) {
      places_[s].kind = SlotPlace::kOutput;
    } else {
      places_[s] = block_places[block_of[s]];
    }
  }
}

}  // namespace boreal
