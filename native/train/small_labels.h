// Class labels that are whole numbers of a small range, as most are: by a table, without a hash or a search.
#pragma once

#include <cstdint>
#include <vector>

#include "base/span.h"

namespace boreal {

// codes [y.size] = the place of each label among `classes`, the distinct ones in ascending order. False where
// a label is not a whole number from -256 to 255: codes then hold anything.
bool small_label_codes(Span<double> y, int32_t* codes, std::vector<double>& classes);

}  // namespace boreal
