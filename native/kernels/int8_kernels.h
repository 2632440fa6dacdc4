// Kernels of 8-bit arithmetic: quantising rows, and products of unsigned codes by signed weights with exact
// 32-bit sums. The common rules stand in kernels.h.
//
// A real number x is stored as code q with x = scale * (q - zero). All results, floats included, are the same
// bits on every ISA: sums are exact integers, and floating point uses single operations only (+ - * / in one
// written order, no fused multiply-add, rounding to nearest even).
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

// Inputs of one product at most: 255 * 128 * k stays below 2^31, so that no sum can overflow.
constexpr size_t kInt8MaxInputs = 65793;

// One call of multiply: rows [rows, k] of prepared codes times the packed panels of n columns, over k of the
// inputs. y is written in the call that ends at the last input.
struct Int8Product {
  const void* x;    // prepared rows, from the first of the k inputs
  size_t xs;        // bytes between rows of x
  const int8_t* w;  // packed panels of the n columns, from the first of the k inputs
  size_t ws;        // bytes between panels
  size_t rows;
  size_t k;  // a multiple of `group`
  size_t n;

  bool first, last;  // whether the k inputs hold the first and the last of the product
  int32_t* partial;  // [rows, n rounded up to panels] sums between calls; unused if first && last
  size_t partial_stride;

  const int32_t* zero;         // [rows] code of 0, less `code_offset`
  const int32_t* column_sums;  // [n rounded up to panels]
  // Either y_sums[i,j] = s, s = sum_k (q[i,k] - zero[i]) w[k,j] exactly, ...
  int32_t* y_sums;
  // ... or, where y_sums is null, y[i,j] = float(s) * (x_scale[i] * w_scale[j]) + bias[j], each operation
  // rounded; then max(y, 0) if relu (NaN stays NaN).
  float* y;
  size_t ys;             // elements between rows of y_sums or y
  const float* x_scale;  // [rows]
  const float* w_scale;  // [n rounded up to panels]
  const float* bias;     // [n], or null: nothing is added
  bool relu;
};

// Which of the two has parameters of its own: each row, or each column.
enum class Int8Axis : int32_t { kRows = 0, kColumns = 1 };

struct Int8Kernels {
  // ---- Shapes of this ISA
  size_t tile_rows;     // rows of the largest register tile
  size_t panel_cols;    // columns of a panel of packed weights
  size_t group;         // inputs that one step of a dot product takes
  size_t code_bytes;    // bytes of a prepared code
  int32_t code_offset;  // what `prepare` subtracts from each code
  size_t block_inputs;  // most inputs of one call of multiply that pay

  // ---- Products
  // Packs w[k, n], element (i, j) at w[i * row_stride + j * col_stride], as panels
  // [n / panel_cols][k / group][panel_cols][group], both padded with zeros; packed holds
  // round_up(k, group) * round_up(n, panel_cols) bytes. column_sums[j] = sum_i w[i,j], 0 for padding.
  void (*pack)(const int8_t* w, size_t row_stride, size_t col_stride, size_t k, size_t n, int8_t* packed,
               int32_t* column_sums) noexcept;
  // prepared[i,:] = (x[i,:] ^ flip) - code_offset, padded to round_up(k, group) with codes that meet zero
  // weights. flip is 0, or 0x80 for signed codes, whose zero then moves up by 128. ps is in bytes. prepared
  // must not overlap x.
  void (*prepare)(const uint8_t* x, size_t xs, uint8_t flip, void* prepared, size_t ps, size_t rows,
                  size_t k) noexcept;
  void (*multiply)(const Int8Product& product) noexcept;

  // ---- Quantisation
  // low[i], high[i] = smallest and largest of 0 and row i; both NaN if the row holds a NaN or an infinity.
  void (*row_ranges)(const float* x, size_t xs, size_t rows, size_t cols, float* low, float* high) noexcept;
  // The same for columns, taking low[j] and high[j] in as values of their own (0 to begin with).
  void (*column_ranges)(const float* x, size_t xs, size_t rows, size_t cols, float* low,
                        float* high) noexcept;
  // y[i,j] = the byte of clamp(round(x[i,j] / scale) + zero, lowest, highest): a true division, rounding to
  // nearest even, ONNX's QuantizeLinear. -128 <= zero, lowest, highest <= 255. A NaN (also from a NaN or an
  // infinite scale) gives lowest. y must not overlap x.
  void (*quantize)(const float* x, size_t xs, Int8Axis axis, const float* scale, const int32_t* zero,
                   int32_t lowest, int32_t highest, uint8_t* y, size_t ys, size_t rows, size_t cols) noexcept;
  // y[i,j] = float(q[i,j] - zero) * scale; flip is 0 for codes 0..255, 0x80 for codes -128..127.
  void (*dequantize)(const uint8_t* q, size_t qs, uint8_t flip, Int8Axis axis, const float* scale,
                     const int32_t* zero, float* y, size_t ys, size_t rows, size_t cols) noexcept;
};

}  // namespace boreal
