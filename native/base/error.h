// The one exception type of the native core. `code` is a stable identifier documented in docs/errors.md;
// row, column and op locate the offending value when there is one (-1 otherwise).
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace boreal {

class Error : public std::exception {
 public:
  Error(const char* code, std::string message, int64_t row = -1, int64_t column = -1, int32_t op = -1)
      : code_(code), message_(std::move(message)), row_(row), column_(column), op_(op) {}

  const char* what() const noexcept override { return message_.c_str(); }
  const char* code() const noexcept { return code_; }
  int64_t row() const noexcept { return row_; }
  int64_t column() const noexcept { return column_; }
  int32_t op() const noexcept { return op_; }

 private:
  const char* code_;  // points at a string literal
  std::string message_;
  int64_t row_, column_;
  int32_t op_;
};

}  // namespace boreal
