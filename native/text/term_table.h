// A set of terms, numbered in the order in which they came: open addressing over hashes, bytes in one arena.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/span.h"

namespace boreal {

// What stands in an array of terms between two of them: no byte of UTF-8.
constexpr uint8_t kTermEnd = 0xff;

class TermTable {
 public:
  static constexpr uint32_t kNone = 0xffffffff;

  TermTable() : slots_(1024, Slot{0, kNone}) {}

  size_t size() const { return ends_.size(); }
  Span<uint8_t> term(size_t id) const {
    const size_t begin = id == 0 ? 0 : ends_[id - 1];
    return {arena_.data() + begin, ends_[id] - begin};
  }
  size_t bytes() const {
    return arena_.size() + ends_.size() * sizeof(size_t) + slots_.size() * sizeof(Slot);
  }

  uint32_t find(Span<uint8_t> term) const { return slots_[slot_of(term, hash(term))].id; }

  // The number of a term, which is added when it is new.
  uint32_t insert(Span<uint8_t> term) {
    const uint32_t key = hash(term);
    size_t at = slot_of(term, key);
    if (slots_[at].id != kNone) return slots_[at].id;
    if (2 * (size() + 1) > slots_.size()) {
      grow();
      at = slot_of(term, key);
    }
    if (size() >= 0x7fffffff) throw Error("ERR_SHAPE", "There are more terms than columns can be.");
    const auto id = static_cast<uint32_t>(size());
    arena_.insert(arena_.end(), term.begin(), term.end());
    ends_.push_back(arena_.size());
    slots_[at] = {key, id};
    return id;
  }

 private:
  struct Slot {
    uint32_t hash, id;
  };

  static uint32_t hash(Span<uint8_t> term) {
    constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;
    const uint8_t* at = term.data;
    size_t left = term.size;
    uint64_t h = left * kFactor;
    for (; left >= 8; at += 8, left -= 8) {
      uint64_t word;
      std::memcpy(&word, at, 8);
      h = (h ^ word) * kFactor;
      h ^= h >> 32;
    }
    uint64_t word = 0;
    for (size_t i = 0; i < left; ++i) word |= uint64_t{at[i]} << (8 * i);
    h = (h ^ word) * kFactor;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9;
    return static_cast<uint32_t>(h >> 32);
  }

  size_t slot_of(Span<uint8_t> term, uint32_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t at = key & mask;
    while (slots_[at].id != kNone) {
      if (slots_[at].hash == key) {
        const Span<uint8_t> known = this->term(slots_[at].id);
        if (known.size == term.size && std::memcmp(known.data, term.data, term.size) == 0) break;
      }
      at = (at + 1) & mask;
    }
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2, Slot{0, kNone});
    old.swap(slots_);
    const size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.id == kNone) continue;
      size_t at = slot.hash & mask;
      while (slots_[at].id != kNone) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<uint8_t> arena_;
  std::vector<size_t> ends_;
  std::vector<Slot> slots_;
};

}  // namespace boreal
