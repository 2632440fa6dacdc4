// Lines of delimited numbers, with nothing quoted, into columns: the part of CSV that most of a large file
// is.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/span.h"

namespace boreal {

struct CsvFormat {
  char delimiter = ',';
  int quote = -1;  // a byte that no field may hold; -1: none
  size_t columns = 0;
  // What stands for a missing value, without blanks around it.
  std::vector<std::string_view> missing;
};

// The values of whole lines [columns, lines], NaN where missing; each is the double nearest to what is
// written. Blank lines don't count. None when anything is not as it should be: a field of text, a line of
// another length, a carriage return alone, a last line without its end. Works on all threads.
std::optional<std::vector<double>> csv_numbers(Span<unsigned char> bytes, const CsvFormat& format);

}  // namespace boreal
