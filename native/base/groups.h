// Rows dealt to groups by a code each, such as classes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/span.h"

namespace boreal {

// Sums of so many groups still fit into memory; of more, asking for it could take minutes.
constexpr size_t kMostGroups = size_t{1} << 20;

// Throws ERR_PARAMETER unless every code is one of 0 to groups - 1.
inline void check_groups(Span<int32_t> codes, size_t groups) {
  if (groups > kMostGroups) {
    throw Error("ERR_PARAMETER", "There are at most " + std::to_string(kMostGroups) + " groups; got " +
                                     std::to_string(groups) + ".");
  }
  for (const int32_t code : codes) {
    if (code >= 0 && static_cast<size_t>(code) < groups) continue;
    throw Error("ERR_PARAMETER",
                "Code " + std::to_string(code) + " is not one of " + std::to_string(groups) + " groups.");
  }
}

}  // namespace boreal
