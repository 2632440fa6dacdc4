#include "text/csv_numbers.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "base/thread_pool.h"

namespace boreal {
namespace {

constexpr size_t kBlockBytes = 64 << 10;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// A decimal number without a sign at `p`; null when there is none, else where it ends.
const char* read_decimal(const char* p, const char* end, double* value) {
  if (!is_digit(*p) && !(*p == '.' && is_digit(p[1]))) return nullptr;
#if defined(__cpp_lib_to_chars)
  const std::from_chars_result result = std::from_chars(p, end, *value);
  if (result.ec == std::errc()) return result.ptr;
#endif
  // Too large or too small: strtod says infinity or 0. It must not read a hexadecimal number.
  constexpr std::string_view kOthers = ".eE+-";
  const char* last = p;
  while (last < end && (is_digit(*last) || kOthers.find(*last) != std::string_view::npos)) ++last;
  const std::string text(p, last);
  char* stop;
  *value = std::strtod(text.c_str(), &stop);
  return p + (stop - text.c_str());
}

class Lines {
 public:
  Lines(const char* begin, const char* end, const CsvFormat& format)
      : at_(begin), end_(end), format_(format), blank_(format.delimiter == '\t' ? ' ' : '\t') {}

  // Goes behind blank lines; false at the end.
  bool skip_blank() {
    while (at_ < end_) {
      if (*at_ == '\n') {
        ++at_;
      } else if (*at_ == '\r' && at_[1] == '\n') {
        at_ += 2;
      } else {
        return true;
      }
    }
    return false;
  }

  size_t count() {
    size_t lines = 0;
    for (; skip_blank(); ++lines) at_ = static_cast<const char*>(std::memchr(at_, '\n', end_ - at_)) + 1;
    return lines;
  }

  // Reads a line into values[j * stride]; false when it is not one of numbers.
  bool read(double* values, size_t stride) {
    for (size_t j = 0; j < format_.columns; ++j) {
      if (!read_field(&values[j * stride])) return false;
      const bool is_last = j + 1 == format_.columns;
      if (*at_ == format_.delimiter) {
        if (is_last) return false;
        ++at_;
      } else if (!is_last) {
        return false;
      }
    }
    at_ += *at_ == '\r' ? 2 : 1;
    return true;
  }

 private:
  bool is_field_end(const char* p) const {
    return *p == format_.delimiter || *p == '\n' || (*p == '\r' && p[1] == '\n');
  }
  const char* after_blanks(const char* p) const {
    while (*p == ' ' || *p == blank_) ++p;
    return p;
  }

  bool read_field(double* value) {
    const char* p = after_blanks(at_);
    const bool negative = *p == '-';
    if (negative || *p == '+') ++p;
    if (const char* const stop = read_decimal(p, end_, value)) {
      p = after_blanks(stop);
      if (is_field_end(p)) {
        if (negative) *value = -*value;
        at_ = p;
        return true;
      }
    }
    return read_missing(value);
  }

  bool read_missing(double* value) {
    const char *first = at_, *p = at_;
    for (; !is_field_end(p); ++p) {
      // What a blank is beyond ASCII is not for this reader to say.
      if (*p == '\r' || static_cast<unsigned char>(*p) >= 128 || *p == format_.quote) return false;
    }
    at_ = p;
    while (first < p && is_space(*first)) ++first;
    while (first < p && is_space(p[-1])) --p;
    *value = std::numeric_limits<double>::quiet_NaN();
    const std::string_view word(first, static_cast<size_t>(p - first));
    return std::find(format_.missing.begin(), format_.missing.end(), word) != format_.missing.end();
  }

  const char* at_;
  const char* const end_;
  const CsvFormat& format_;
  const char blank_;  // beside the space
};

// Where blocks of whole lines begin, and the end.
std::vector<const char*> cut(const char* begin, const char* end) {
  std::vector<const char*> cuts{begin};
  while (static_cast<size_t>(end - cuts.back()) > kBlockBytes) {
    const char* const from = cuts.back() + kBlockBytes;
    cuts.push_back(static_cast<const char*>(std::memchr(from, '\n', static_cast<size_t>(end - from))) + 1);
  }
  if (cuts.back() < end) cuts.push_back(end);
  return cuts;
}

}  // namespace

std::optional<std::vector<double>> csv_numbers(Span<unsigned char> bytes, const CsvFormat& format) {
  if (format.columns == 0 || bytes.size == 0 || bytes.data[bytes.size - 1] != '\n') return std::nullopt;
  const char* const begin = reinterpret_cast<const char*>(bytes.data);
  const std::vector<const char*> cuts = cut(begin, begin + bytes.size);
  const size_t blocks = cuts.size() - 1;
  std::vector<size_t> starts(blocks + 1, 0);
  ThreadPool& pool = ThreadPool::instance();
  pool.parallel_for(blocks, [&](size_t block, size_t) {
    starts[block + 1] = Lines(cuts[block], cuts[block + 1], format).count();
  });
  for (size_t block = 0; block < blocks; ++block) starts[block + 1] += starts[block];
  const size_t rows = starts[blocks];
  // A field takes a byte and its delimiter: so few bytes don't hold as many fields.
  if (rows > bytes.size / format.columns) return std::nullopt;
  std::vector<double> values(rows * format.columns);
  std::atomic<bool> fine{true};
  pool.parallel_for(blocks, [&](size_t block, size_t) {
    Lines lines(cuts[block], cuts[block + 1], format);
    double* at = values.data() + starts[block];
    for (; fine.load(std::memory_order_relaxed) && lines.skip_blank(); ++at) {
      if (!lines.read(at, rows)) fine.store(false, std::memory_order_relaxed);
    }
  });
  if (!fine) return std::nullopt;
  return values;
}

}  // namespace boreal
