#include "test/cuda/ptx/lexer.h"

#include <cctype>
#include <cstddef>

namespace emulator {
namespace ptx {
namespace {

bool is_of_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '%' || c == '.';
}

}  // namespace

std::vector<Word> words_of(const std::string& text) {
  std::vector<Word> words;
  int line = 1;
  const auto next_is = [&](size_t at, char c) { return at + 1 < text.size() && text[at + 1] == c; };
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    size_t end = at + 1;
    if (c == '\n') {
      ++line;
    } else if (c == '/' && next_is(at, '/')) {
      while (end < text.size() && text[end] != '\n') ++end;
    } else if (c == '"') {
      while (end < text.size() && text[end] != '"') ++end;
      if (end < text.size()) ++end;
      words.push_back({text.substr(at, end - at), line});
    } else if (is_of_name(c)) {
      // Two colons are part of a modifier, one ends a label.
      for (; end < text.size(); ++end) {
        if (text[end] == ':' && next_is(end, ':')) {
          ++end;
        } else if (!is_of_name(text[end])) {
          break;
        }
      }
      words.push_back({text.substr(at, end - at), line});
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      words.push_back({std::string(1, c), line});
    }
    at = end;
  }
  words.push_back({"", line});
  return words;
}

}  // namespace ptx
}  // namespace emulator
