#include "text/csv_numbers.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdint>
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

// Up to here powers of ten, and the whole numbers of as many digits, are exact.
constexpr int kExactDigits = 15;
constexpr double kPowers[kExactDigits + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

// Appends the digits at `p` to the decimal `whole` of `count` digits, eight at a time as the bytes of a word;
// where they end, or null when there are too many, or fewer than eight bytes are left.
// After D. Lemire, Number parsing at a gigabyte per second, 2021.
const char* append_digits(const char* p, const char* end, uint64_t* whole, int* count) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kPowers8[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  while (end - p >= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    // The highest bit of each byte that is no digit; of those after the first it may be wrong.
    const uint64_t others = ((word + 0x46 * kOnes) | (word - 0x30 * kOnes)) & (0x80 * kOnes);
    const int digits = others == 0 ? 8 : __builtin_ctzll(others) / 8;
    *count += digits;
    if (*count > kExactDigits) return nullptr;
    p += digits;
    if (digits > 0) {
      // Digits at the end of the word, zeros before; then pairs, fours and all eight of them.
      word = (word - 0x30 * kOnes) << 8 * (8 - digits);
      word = word * 10 + (word >> 8);
      constexpr uint64_t kPair = 0x000000ff000000ff;
      word = ((word & kPair) * (100 + (uint64_t{1000000} << 32)) +
              ((word >> 16) & kPair) * (1 + (uint64_t{10000} << 32))) >>
             32;
      *whole = *whole * kPowers8[digits] + word;
    }
    if (digits < 8) return p;
  }
  return nullptr;
}

// The most usual numbers, of up to 15 digits and no exponent: the quotient of two that are exact is the
// nearest double. Null for all others.
const char* read_short(const char* p, const char* end, double* value) {
  uint64_t whole = 0;
  int count = 0;
  for (; count < kExactDigits && is_digit(*p); ++p, ++count)
    whole = whole * 10 + static_cast<uint64_t>(*p - '0');
  int fraction = 0;
  if (*p == '.') {
    const int before = count;
    p = append_digits(p + 1, end, &whole, &count);
    if (p == nullptr) return nullptr;
    fraction = count - before;
  }
  if (count == 0 || is_digit(*p) || *p == 'e' || *p == 'E') return nullptr;
  *value = static_cast<double>(whole) / kPowers[fraction];
  return p;
}

// A decimal number without a sign at `p`; null when there is none, else where it ends.
const char* read_decimal(const char* p, const char* end, double* value) {
  if (!is_digit(*p) && !(*p == '.' && is_digit(p[1]))) return nullptr;
  if (const char* const stop = read_short(p, end, value)) return stop;
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

  // Reads a line into the columns' values of a row; false when it is not one of numbers.
  bool read(const std::vector<double*>& columns, size_t row) {
    for (size_t j = 0; j < columns.size(); ++j) {
      if (!read_field(&columns[j][row])) return false;
      const bool is_last = j + 1 == columns.size();
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

std::optional<size_t> csv_numbers(Span<unsigned char> bytes, const CsvFormat& format,
                                  const std::vector<double*>& columns, size_t room) {
  if (columns.empty() || bytes.size == 0 || bytes.data[bytes.size - 1] != '\n') return std::nullopt;
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
  if (rows > bytes.size / columns.size()) return std::nullopt;
  if (rows > room) return rows;
  std::atomic<bool> fine{true};
  pool.parallel_for(blocks, [&](size_t block, size_t) {
    Lines lines(cuts[block], cuts[block + 1], format);
    for (size_t row = starts[block]; fine.load(std::memory_order_relaxed) && lines.skip_blank(); ++row) {
      if (!lines.read(columns, row)) fine.store(false, std::memory_order_relaxed);
    }
  });
  if (!fine) return std::nullopt;
  return rows;
}

}  // namespace boreal
