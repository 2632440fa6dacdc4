// What tests leave out where an emulator stands for the processor (scripts/test-neon.sh). It is some twenty
// times slower, and hundreds of times where long double is software. A processor runs everything.
#pragma once

#include <cstddef>
#include <cstdlib>

namespace boreal {
namespace test {

inline bool emulated() {
  static const bool is = std::getenv("BOREAL_TEST_EMULATED") != nullptr;
  return is;
}

// An eighth of what only repeats: random trials, samples, queries. Edges are not counted by this.
inline size_t fewer(size_t usual) { return emulated() ? (usual + 7) / 8 : usual; }

}  // namespace test
}  // namespace boreal
