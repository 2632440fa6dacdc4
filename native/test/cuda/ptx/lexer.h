// The words of a PTX file, with their lines.
#pragma once

#include <string>
#include <vector>

namespace emulator {
namespace ptx {

struct Word {
  std::string text;
  int line;
};
// Ends with an empty word.
std::vector<Word> words_of(const std::string& text);

}  // namespace ptx
}  // namespace emulator
