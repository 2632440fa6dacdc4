#include "nn/strided.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "kernels/dispatch.h"
#include "linalg/blocks.h"

namespace boreal {
namespace nn {
namespace {

constexpr size_t kTaskElements = 32 << 10;

template <typename T>
void check_bounds(const std::vector<size_t>& shape, const Strided<T>& x) {
  if (shape.size() > kMaxRank || x.strides.size() != shape.size()) {
    throw Error("ERR_SHAPE", "An array has at most 8 axes.");
  }
  constexpr ptrdiff_t kMost = ptrdiff_t{1} << 40;
  ptrdiff_t low = static_cast<ptrdiff_t>(x.offset), high = low;
  if (x.offset > static_cast<size_t>(kMost)) throw Error("ERR_SHAPE", "An array is too large.");
  for (size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 0) return;
    const ptrdiff_t steps = static_cast<ptrdiff_t>(shape[d]) - 1, stride = x.strides[d];
    if (steps > 0 && (stride > kMost / steps || stride < -kMost / steps)) {
      throw Error("ERR_SHAPE", "An array is too large.");
    }
    (stride < 0 ? low : high) += steps * stride;
  }
  if (low < 0 || high >= static_cast<ptrdiff_t>(x.size)) {
    throw Error("ERR_SHAPE", "An element lies outside its array.");
  }
}

// The shape with merged axes, and the strides of N operands over it.
template <size_t N>
struct Merged {
  std::vector<size_t> shape;
  std::array<std::vector<ptrdiff_t>, N> strides;

  Merged(const std::vector<size_t>& full, const std::array<const std::vector<ptrdiff_t>*, N>& of) {
    for (size_t d = 0; d < full.size(); ++d) {
      if (full[d] == 1) continue;
      bool joins = !shape.empty();
      for (size_t k = 0; k < N && joins; ++k) {
        joins = strides[k].back() == (*of[k])[d] * static_cast<ptrdiff_t>(full[d]);
      }
      if (!joins) shape.push_back(1);
      shape.back() *= full[d];
      for (size_t k = 0; k < N; ++k) {
        if (!joins) strides[k].push_back(0);
        strides[k].back() = (*of[k])[d];
      }
    }
    // At least rows and columns.
    while (shape.size() < 2) {
      shape.insert(shape.begin(), 1);
      for (auto& s : strides) s.insert(s.begin(), 0);
    }
  }
  size_t cols() const { return shape.back(); }
  size_t rows() const { return shape[shape.size() - 2]; }
  size_t outer() const {
    size_t count = 1;
    for (size_t d = 0; d + 2 < shape.size(); ++d) count *= shape[d];
    return count;
  }
  ptrdiff_t col_step(size_t k) const { return strides[k].back(); }
  ptrdiff_t row_step(size_t k) const { return strides[k][shape.size() - 2]; }
  // Where operand k begins in outer index i.
  ptrdiff_t start(size_t k, size_t i) const {
    ptrdiff_t at = 0;
    for (size_t d = shape.size() - 2; d-- > 0;) {
      at += static_cast<ptrdiff_t>(i % shape[d]) * strides[k][d];
      i /= shape[d];
    }
    return at;
  }
};

// body(offsets of the N operands, offset in the dense result, rows, cols) over blocks of rows.
template <size_t N, typename Body>
void each_part(const Merged<N>& merged, const RunOptions& options, const Body& body) {
  const size_t rows = merged.rows(), cols = merged.cols(), total = merged.outer() * rows;
  if (total == 0 || cols == 0) return;
  run_blocks(Blocks(total, cols, kTaskElements), options, [&](const Block& block) {
    for (size_t row = block.row_begin; row < block.row_end;) {
      const size_t outer = row / rows, within = row % rows;
      const size_t count = std::min(rows - within, block.row_end - row);
      std::array<ptrdiff_t, N> at;
      for (size_t k = 0; k < N; ++k) {
        at[k] = merged.start(k, outer) + static_cast<ptrdiff_t>(within) * merged.row_step(k) +
                static_cast<ptrdiff_t>(block.col_begin) * merged.col_step(k);
      }
      body(at, row * cols + block.col_begin, count, block.cols());
      row += count;
    }
  });
}

template <typename F>
void map_pairs(const Merged<2>& merged, const float* a, const float* b, float* y, const RunOptions& options,
               F f) {
  const ptrdiff_t ar = merged.row_step(0), ac = merged.col_step(0);
  const ptrdiff_t br = merged.row_step(1), bc = merged.col_step(1);
  const size_t width = merged.cols();
  each_part(merged, options, [&](const std::array<ptrdiff_t, 2>& at, size_t to, size_t rows, size_t cols) {
    for (size_t i = 0; i < rows; ++i) {
      const float* left = a + at[0] + static_cast<ptrdiff_t>(i) * ar;
      const float* right = b + at[1] + static_cast<ptrdiff_t>(i) * br;
      float* out = y + to + i * width;
      for (size_t j = 0; j < cols; ++j) {
        out[j] = f(left[static_cast<ptrdiff_t>(j) * ac], right[static_cast<ptrdiff_t>(j) * bc]) ? 1.0f : 0.0f;
      }
    }
  });
}

}  // namespace

void binary(Binary f, const std::vector<size_t>& shape, const Strided<const float>& a,
            const Strided<const float>& b, float* y, const RunOptions& options) {
  check_bounds(shape, a);
  check_bounds(shape, b);
  const Merged<2> merged(shape, {&a.strides, &b.strides});
  for (size_t k = 0; k < 2; ++k) {
    if ((merged.col_step(k) != 0 && merged.col_step(k) != 1) || merged.row_step(k) < 0) {
      throw Error("ERR_SHAPE", "The last axis of an operand must be dense or repeated.");
    }
  }
  const auto kernel = elementwise_kernels<float>(kernels()).binary;
  const size_t width = merged.cols();
  each_part(merged, options, [&](const std::array<ptrdiff_t, 2>& at, size_t to, size_t rows, size_t cols) {
    const Operand<float> left{a.data + a.offset + at[0], static_cast<size_t>(merged.row_step(0)),
                              static_cast<size_t>(merged.col_step(0))};
    const Operand<float> right{b.data + b.offset + at[1], static_cast<size_t>(merged.row_step(1)),
                               static_cast<size_t>(merged.col_step(1))};
    kernel(f, left, right, y + to, width, rows, cols);
  });
}

void compare(Comparison f, const std::vector<size_t>& shape, const Strided<const float>& a,
             const Strided<const float>& b, float* y, const RunOptions& options) {
  check_bounds(shape, a);
  check_bounds(shape, b);
  const Merged<2> merged(shape, {&a.strides, &b.strides});
  const float *left = a.data + a.offset, *right = b.data + b.offset;
  switch (f) {
    case Comparison::kLess:
      return map_pairs(merged, left, right, y, options, [](float p, float q) { return p < q; });
    case Comparison::kLessEqual:
      return map_pairs(merged, left, right, y, options, [](float p, float q) { return p <= q; });
    case Comparison::kGreater:
      return map_pairs(merged, left, right, y, options, [](float p, float q) { return p > q; });
    case Comparison::kGreaterEqual:
      return map_pairs(merged, left, right, y, options, [](float p, float q) { return p >= q; });
    case Comparison::kEqual:
      return map_pairs(merged, left, right, y, options, [](float p, float q) { return p == q; });
    case Comparison::kNotEqual:
      return map_pairs(merged, left, right, y, options, [](float p, float q) { return p != q; });
  }
}

void select(const std::vector<size_t>& shape, const Strided<const float>& condition,
            const Strided<const float>& a, const Strided<const float>& b, float* y,
            const RunOptions& options) {
  check_bounds(shape, condition);
  check_bounds(shape, a);
  check_bounds(shape, b);
  const Merged<3> merged(shape, {&condition.strides, &a.strides, &b.strides});
  const size_t width = merged.cols();
  each_part(merged, options, [&](const std::array<ptrdiff_t, 3>& at, size_t to, size_t rows, size_t cols) {
    for (size_t i = 0; i < rows; ++i) {
      const ptrdiff_t row = static_cast<ptrdiff_t>(i);
      const float* c = condition.data + condition.offset + at[0] + row * merged.row_step(0);
      const float* p = a.data + a.offset + at[1] + row * merged.row_step(1);
      const float* q = b.data + b.offset + at[2] + row * merged.row_step(2);
      float* out = y + to + i * width;
      for (size_t j = 0; j < cols; ++j) {
        const ptrdiff_t col = static_cast<ptrdiff_t>(j);
        out[j] =
            c[col * merged.col_step(0)] != 0.0f ? p[col * merged.col_step(1)] : q[col * merged.col_step(2)];
      }
    }
  });
}

void gather(const std::vector<size_t>& shape, const Strided<const float>& x, float* y,
            const RunOptions& options) {
  check_bounds(shape, x);
  const Merged<1> merged(shape, {&x.strides});
  const ptrdiff_t rs = merged.row_step(0), cs = merged.col_step(0);
  const float* from = x.data + x.offset;
  const size_t width = merged.cols();
  if (rs == 1 && cs > 1 && merged.rows() > 1) {  // matrices that are transposed
    const auto kernel = elementwise_kernels<float>(kernels()).transpose;
    const size_t rows = merged.rows();
    constexpr size_t kSide = 256;
    const Partition down{rows, kSide}, across{width, kSide};
    const size_t blocks = down.count() * across.count();
    return run_tasks(merged.outer() * blocks, options, [&](size_t task) {
      const size_t outer = task / blocks, i = task % blocks / across.count(), j = task % across.count();
      const float* block = from + merged.start(0, outer) + static_cast<ptrdiff_t>(down.begin(i)) +
                           static_cast<ptrdiff_t>(across.begin(j)) * cs;
      kernel(block, static_cast<size_t>(cs), y + (outer * rows + down.begin(i)) * width + across.begin(j),
             width, across.end(j) - across.begin(j), down.end(i) - down.begin(i));
    });
  }
  each_part(merged, options, [&](const std::array<ptrdiff_t, 1>& at, size_t to, size_t rows, size_t cols) {
    for (size_t i = 0; i < rows; ++i) {
      const float* row = from + at[0] + static_cast<ptrdiff_t>(i) * rs;
      float* out = y + to + i * width;
      if (cs == 1) {
        std::memcpy(out, row, cols * sizeof(float));
      } else {
        for (size_t j = 0; j < cols; ++j) out[j] = row[static_cast<ptrdiff_t>(j) * cs];
      }
    }
  });
}

void scatter(const std::vector<size_t>& shape, const float* x, const Strided<float>& y,
             const RunOptions& options) {
  check_bounds(shape, y);
  const Merged<1> merged(shape, {&y.strides});
  const ptrdiff_t rs = merged.row_step(0), cs = merged.col_step(0);
  float* const base = y.data + y.offset;
  const size_t width = merged.cols();
  each_part(merged, options, [&](const std::array<ptrdiff_t, 1>& at, size_t from, size_t rows, size_t cols) {
    for (size_t i = 0; i < rows; ++i) {
      float* row = base + at[0] + static_cast<ptrdiff_t>(i) * rs;
      const float* in = x + from + i * width;
      for (size_t j = 0; j < cols; ++j) row[static_cast<ptrdiff_t>(j) * cs] = in[j];
    }
  });
}

}  // namespace nn
}  // namespace boreal
