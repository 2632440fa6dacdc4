#include "text/characters.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "text/word_ranges.h"

namespace boreal {
namespace {

constexpr uint32_t kNoCharacter = 0xffffffff;
constexpr uint32_t kCharacters = 0x110000;

// A bit for each character: a search of the ranges costs more than the rest of reading a word.
class WordBits {
 public:
  WordBits() : bits_(kCharacters / 64, 0) {
    for (const CharacterRange& range : kWordRanges) {
      for (uint32_t c = range.first; c <= range.last; ++c) bits_[c / 64] |= uint64_t{1} << (c % 64);
    }
  }
  bool operator[](uint32_t c) const { return (bits_[c / 64] >> (c % 64)) & 1; }

 private:
  std::vector<uint64_t> bits_;
};

bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

}  // namespace

Character character_at(const uint8_t* at, const uint8_t* end) {
  const uint32_t first = at[0];
  if (first < 0x80) return {first, 1};
  const size_t bytes = first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first >= 0xf8 || static_cast<size_t>(end - at) < bytes) return {kNoCharacter, 1};
  uint32_t code = first & (0xffu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(at[i])) return {kNoCharacter, 1};
    code = code << 6 | (at[i] & 0x3fu);
  }
  if (code >= kCharacters) return {kNoCharacter, 1};
  return {code, bytes};
}

bool is_word(uint32_t code) {
  static const WordBits bits;
  return code < kCharacters && bits[code];
}

bool is_space(uint32_t code) {
  if (code < 0x80) return (code >= 9 && code <= 13) || (code >= 0x1c && code <= 0x20);
  return code == 0x85 || code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
         code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

}  // namespace boreal
