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
  // What stands for a missing value, without blanks around it.
  std::vector<std::string_view> missing;
};

// Reads whole lines, NaN where a value is missing, into `room` values from each of the columns on; each is
// the double nearest to what is written. Blank lines don't count. How many lines there are; when that is more
// than there is room for, nothing was written. None when anything is not as it should be: a field of text, a
// line of another length, a carriage return alone, a last line without its end. Works on all threads.
std::optional<size_t> csv_numbers(Span<unsigned char> bytes, const CsvFormat& format,
                                  const std::vector<double*>& columns, size_t room);

}  // namespace boreal
