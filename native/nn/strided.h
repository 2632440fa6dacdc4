// Elementwise work on arrays of any rank: operands that are repeated along some axes (numpy's broadcasting),
// copies by any strides, and their reverse. Neighbouring axes that lie alike are merged first, so that most
// calls run over one or two axes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/functions.h"
#include "linalg/elementwise.h"

namespace boreal {
namespace nn {

constexpr size_t kMaxRank = 8;

// An array of `shape` whose element (i, j, ...) lies at data[offset + i strides[0] + j strides[1] + ...].
template <typename T>
struct Strided {
  T* data;
  size_t size;  // of the memory that data points at
  std::vector<ptrdiff_t> strides;
  size_t offset = 0;
};

// Functions of two numbers beyond kernels/functions.h; 1 or 0.
enum class Comparison : int32_t { kLess = 0, kLessEqual, kGreater, kGreaterEqual, kEqual, kNotEqual };
constexpr int32_t kComparisonCount = 6;

// All of these throw ERR_SHAPE when an element lies outside its memory. y is dense, of `shape`, and overlaps
// an operand only as the very same elements.
void binary(Binary f, const std::vector<size_t>& shape, const Strided<const float>& a,
            const Strided<const float>& b, float* y, const RunOptions& options);
void compare(Comparison f, const std::vector<size_t>& shape, const Strided<const float>& a,
             const Strided<const float>& b, float* y, const RunOptions& options);
// y = condition != 0 ? a : b
void select(const std::vector<size_t>& shape, const Strided<const float>& condition,
            const Strided<const float>& a, const Strided<const float>& b, float* y,
            const RunOptions& options);
// y = x; strides may be negative.
void gather(const std::vector<size_t>& shape, const Strided<const float>& x, float* y,
            const RunOptions& options);
// y = x, x dense; elements of y's memory that are not named stay as they are.
void scatter(const std::vector<size_t>& shape, const float* x, const Strided<float>& y,
             const RunOptions& options);

}  // namespace nn
}  // namespace boreal
