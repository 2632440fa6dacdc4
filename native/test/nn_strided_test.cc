// Elementwise work of any rank against loops over every index.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "nn/strided.h"
#include "test/linalg_support.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

using nn::Strided;
using Shape = std::vector<size_t>;
using Strides = std::vector<ptrdiff_t>;
using Values = std::vector<float>;

size_t area(const Shape& shape) {
  size_t size = 1;
  for (size_t extent : shape) size *= extent;
  return size;
}

// Where element i, counted in row-major order of the shape, lies.
size_t place(const Shape& shape, const Strides& strides, size_t offset, size_t i) {
  ptrdiff_t at = static_cast<ptrdiff_t>(offset);
  for (size_t d = shape.size(); d-- > 0; i /= shape[d])
    at += static_cast<ptrdiff_t>(i % shape[d]) * strides[d];
  return static_cast<size_t>(at);
}

size_t count_differing(const Values& a, const Values& b) {
  size_t differing = a.size() != b.size();
  for (size_t i = 0; i < b.size(); ++i) differing += !same_bits(a[i], b[i]);
  return differing;
}

struct Layout {
  Shape shape;
  Strides a, b;
  size_t offset;  // of a
};

// Dense, repeated along axes, permuted, reversed; small ones, and ones of several tasks.
const std::vector<Layout> kLayouts = {
    {{}, {}, {}, 0},
    {{7}, {1}, {0}, 2},
    {{3, 5}, {5, 1}, {0, 1}, 0},
    {{3, 5}, {1, 0}, {5, 1}, 1},
    {{2, 3, 4, 5}, {60, 20, 5, 1}, {0, 0, 5, 1}, 0},
    {{4, 1, 3, 2}, {6, 6, 2, 1}, {0, 9, 2, 1}, 3},
    {{300, 400}, {400, 1}, {1, 0}, 0},
    {{2, 100000}, {0, 1}, {100000, 1}, 0},
    {{0, 4}, {4, 1}, {4, 1}, 0},
};
const std::vector<Layout> kCopies = {
    {{5, 4}, {1, 5}, {}, 0},  // a transpose
    {{3, 300, 500}, {150000, 1, 300}, {}, 0},
    {{2, 3, 4}, {1, 8, 2}, {}, 0},
    {{6}, {-1}, {}, 5},  // from the end
    {{4, 3}, {10, -2}, {}, 6},
    {{3, 1, 5, 2}, {0, 0, 0, 1}, {}, 0},
    {{500, 301}, {602, 2}, {}, 1},  // every other column
};

template <typename Run>
Values both(size_t size, const Run& run) {
  Values one(size, 7.0f), all(size, 7.0f);
  RunOptions alone;
  alone.max_threads = 1;
  run(one.data(), alone);
  run(all.data(), RunOptions());
  CHECK(count_differing(one, all) == 0);
  return all;
}

template <typename Run>
std::string code_of(const Run& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

}  // namespace

TEST_CASE("operands that are repeated: arithmetic, comparisons, selection") {
  for (const Layout& layout : kLayouts) {
    CAPTURE(layout.shape.size());
    const size_t size = area(layout.shape);
    CAPTURE(size);
    const Values a = normal_values<float>(200000, 1), b = normal_values<float>(200000, 2);
    const Strided<const float> left{a.data(), a.size(), layout.a, layout.offset};
    const Strided<const float> right{b.data(), b.size(), layout.b, 0};
    Values sum(size), less(size), chosen(size);
    for (size_t i = 0; i < size; ++i) {
      const float p = a[place(layout.shape, layout.a, layout.offset, i)],
                  q = b[place(layout.shape, layout.b, 0, i)];
      sum[i] = p - q;
      less[i] = p < q ? 1.0f : 0.0f;
      chosen[i] = p != 0.0f ? q : p;
    }
    CHECK(count_differing(both(size,
                               [&](float* y, const RunOptions& run) {
                                 nn::binary(Binary::kSub, layout.shape, left, right, y, run);
                               }),
                          sum) == 0);
    CHECK(count_differing(both(size,
                               [&](float* y, const RunOptions& run) {
                                 nn::compare(nn::Comparison::kLess, layout.shape, left, right, y, run);
                               }),
                          less) == 0);
    CHECK(count_differing(
              both(size, [&](float* y,
                             const RunOptions& run) { nn::select(layout.shape, left, right, left, y, run); }),
              chosen) == 0);
  }
}

TEST_CASE("copies by any strides, and back") {
  for (const Layout& layout : kCopies) {
    const size_t size = area(layout.shape);
    CAPTURE(size);
    const Values x = normal_values<float>(500000, 1);
    Values expected(size);
    for (size_t i = 0; i < size; ++i) expected[i] = x[place(layout.shape, layout.a, layout.offset, i)];
    CHECK(count_differing(
              both(size,
                   [&](float* y, const RunOptions& run) {
                     nn::gather(layout.shape, {x.data(), x.size(), layout.a, layout.offset}, y, run);
                   }),
              expected) == 0);
    bool repeats = false;
    for (size_t d = 0; d < layout.shape.size(); ++d)
      repeats = repeats || (layout.a[d] == 0 && layout.shape[d] > 1);
    if (repeats) continue;
    Values back(x.size(), 7.0f);
    for (size_t i = 0; i < size; ++i) back[place(layout.shape, layout.a, layout.offset, i)] = expected[i];
    CHECK(count_differing(
              both(x.size(),
                   [&](float* y, const RunOptions& run) {
                     nn::scatter(layout.shape, expected.data(), {y, x.size(), layout.a, layout.offset}, run);
                   }),
              back) == 0);
  }
}

TEST_CASE("strides out of bounds are refused") {
  Values x(10), y(10);
  const auto gather = [&](const Shape& shape, const Strides& strides, size_t offset) {
    return code_of([&] { nn::gather(shape, {x.data(), x.size(), strides, offset}, y.data(), {}); });
  };
  CHECK(gather({10}, {1}, 0) == "none");
  CHECK(gather({10}, {1}, 1) == "ERR_SHAPE");
  CHECK(gather({10}, {-1}, 8) == "ERR_SHAPE");
  CHECK(gather({2, 2}, {PTRDIFF_MAX, PTRDIFF_MAX}, 0) == "ERR_SHAPE");
  CHECK(gather({2, 2}, {PTRDIFF_MIN, 1}, 0) == "ERR_SHAPE");
  CHECK(gather({2}, {1, 1}, 0) == "ERR_SHAPE");
  CHECK(gather(Shape(9, 1), Strides(9, 0), 0) == "ERR_SHAPE");
}

}  // namespace test
}  // namespace boreal
