// Characters of UTF-8 text. Bytes that are no UTF-8 count as characters of their own that belong to no word.
#pragma once

#include <cstddef>
#include <cstdint>

namespace boreal {

// The character at `at`, and how many bytes it takes (1 for a byte that starts none). end > at.
struct Character {
  uint32_t code;
  size_t bytes;
};
Character character_at(const uint8_t* at, const uint8_t* end);

// Letters, numbers and '_', as \w of Python's regular expressions.
bool is_word(uint32_t code);
// As Python's str.isspace.
bool is_space(uint32_t code);

}  // namespace boreal
