// Products of 8-bit codes over the thread pool. Weights are signed, symmetric, with one scale a column, and
// packed once for many products; the other operand is unsigned with a zero, quantised beforehand or row by
// row on the way in. Sums are exact integers, so results are the same bits on every ISA and at any number of
// threads (with activations other than identity and relu: within the ulp class across ISAs).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "base/cancel.h"
#include "base/matrix_view.h"
#include "kernels/kernels.h"
#include "linalg/quantize.h"

namespace boreal {

// A quantised left operand that somebody else owns: one scale and zero, or one for each row.
struct Int8Rows {
  MatrixView<const uint8_t> codes;
  bool is_signed = false;
  bool per_row = false;
  const float* scale = nullptr;   // unused for integer results
  const int32_t* zero = nullptr;  // codes: 0..255, or -128..127 if is_signed
};

// How 8-bit results are made of the real ones: QuantizeLinear with one scale and zero.
struct Int8Result {
  MatrixView<uint8_t> codes;
  Int8Format format;
  float scale = 1;
  int32_t zero = 0;
};

struct Int8Options {
  const float* bias = nullptr;  // [n], added to every row; or null
  Unary activation = Unary::kIdentity;
  size_t max_threads = 0;  // 0: all of the pool, as far as the work is worth it
  const CancelToken* cancel = nullptr;
};

// Weights [k, n], packed for one ISA. Immutable: any number of threads may run products with it at once.
class PackedInt8 {
 public:
  // Element (i, j) at w[i * row_stride + j * col_stride]; scale: [n] if per_column, else [1]. Throws
  // ERR_SHAPE where k > kInt8MaxInputs, because sums could then leave 32 bits.
  PackedInt8(const int8_t* w, size_t row_stride, size_t col_stride, size_t k, size_t n, const float* scale,
             bool per_column, const Kernels& kernels);

  size_t inputs() const { return k_; }
  size_t outputs() const { return n_; }
  size_t bytes() const { return packed_.size() + (column_sums_.size() + scale_.size()) * sizeof(float); }

  // y[i,j] = f(float(s) * (x scale[i] * w scale[j]) + bias[j]), s = sum_k (x[i,k] - zero[i]) w[k,j]; each
  // float operation rounded, in this order. y must not overlap the input. All throw ERR_SHAPE when the shapes
  // don't fit, ERR_PARAMETER for a zero that is no code, ERR_ABORTED when cancelled (y is then unspecified).
  void run(const Int8Rows& x, MatrixView<float> y, const Int8Options& options = {}) const;
  // x quantised row by row as ONNX's DynamicQuantizeLinear does. A row with a NaN or an infinity gives NaN.
  void run(MatrixView<const float> x, MatrixView<float> y, const Int8Options& options = {}) const;
  // The same, requantised.
  void run(const Int8Rows& x, const Int8Result& y, const Int8Options& options = {}) const;
  // y[i,j] = s. No bias, no activation.
  void run(const Int8Rows& x, MatrixView<int32_t> y, const Int8Options& options = {}) const;

 private:
  struct Call;
  struct Block;
  void run(const Call& call) const;
  void run_block(const Call& call, const Block& block) const;
  bool are_prepared(const Int8Rows& x) const;
  void prepare(const Call& call, size_t first, size_t rows, uint8_t* codes, const Block& to) const;
  size_t prepared_stride() const;

  const Kernels& kernels_;
  size_t k_, n_, padded_k_, padded_n_;
  AlignedBuffer<int8_t> packed_;
  AlignedBuffer<int32_t> column_sums_;
  AlignedBuffer<float> scale_;
};

}  // namespace boreal
