#include "train/small_labels.h"

#include <cstddef>

namespace boreal {

bool small_label_codes(Span<double> y, int32_t* codes, std::vector<double>& classes) {
  constexpr int32_t kSmall = 256;
  bool seen[2 * kSmall] = {};
  for (size_t i = 0; i < y.size; ++i) {
    const double label = y[i];
    if (!(label >= -kSmall && label < kSmall)) return false;
    const int32_t whole = static_cast<int32_t>(label);
    if (static_cast<double>(whole) != label) return false;
    codes[i] = whole + kSmall;
    seen[whole + kSmall] = true;
  }
  int32_t place[2 * kSmall];
  for (int32_t k = 0; k < 2 * kSmall; ++k) {
    place[k] = static_cast<int32_t>(classes.size());
    if (seen[k]) classes.push_back(k - kSmall);
  }
  // Within the table whatever another thread has made of shared memory meanwhile.
  for (size_t i = 0; i < y.size; ++i) codes[i] = place[codes[i] & (2 * kSmall - 1)];
  return true;
}

}  // namespace boreal
