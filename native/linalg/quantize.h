// Float matrices as 8-bit codes and back: x = scale * (code - zero), one scale and zero for the matrix, for
// each row or for each column. Parameters and rounding are ONNX's (DynamicQuantizeLinear, QuantizeLinear) and
// the same bits on every ISA and at any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cancel.h"
#include "base/matrix_view.h"
#include "kernels/kernels.h"

namespace boreal {

// What the codes are. A signed code is stored as the byte of its two's complement.
//   asymmetric  0..255 or -128..127, the range [low, high] of the values spread over all codes
//   symmetric   -127..127, zero = 0 (unsigned: 1..255, zero = 128), [-max |x|, max |x|] spread over them
struct Int8Format {
  bool is_signed = false;
  bool symmetric = false;

  int32_t lowest() const { return symmetric ? (is_signed ? -127 : 1) : (is_signed ? -128 : 0); }
  int32_t highest() const { return is_signed ? 127 : 255; }
  uint8_t flip() const { return is_signed ? 0x80 : 0; }
};

// What has a scale and a zero of its own.
enum class Int8Grain : int32_t { kMatrix = 0, kRows = 1, kColumns = 2 };
inline size_t grain_count(Int8Grain grain, size_t rows, size_t cols) {
  return grain == Int8Grain::kMatrix ? 1 : grain == Int8Grain::kRows ? rows : cols;
}

// scale and zero for values in [low, high], a range that holds 0. Ranges narrower than a scale can express
// get scale 1, so that a division by it is defined; NaN (see row_ranges) gives scale NaN and the code of 0
// for zero, so that products with such a row are NaN.
void int8_parameters(const Int8Format& format, float low, float high, float* scale, int32_t* zero);

struct QuantizeOptions {
  size_t max_threads = 0;  // 0: all of the pool, as far as the work is worth it
  const CancelToken* cancel = nullptr;
  const Kernels* kernels = nullptr;  // null: those of dispatch.h
};

// Throws ERR_PARAMETER unless each of `count` scales is positive and finite and each zero a code.
void require_int8_parameters(const Int8Format& format, size_t count, const float* scale, const int32_t* zero);

// Throws ERR_INPUT_NAN or ERR_INPUT_INFINITE with the place of the first value that is not finite.
void require_finite_values(MatrixView<const float> x, const Kernels& kernels);

// Writes codes [rows, cols] and grain_count() scales and zeros. Throws as require_finite_values does, and
// ERR_ABORTED when cancelled.
void quantize(MatrixView<const float> x, const Int8Format& format, Int8Grain grain, MatrixView<uint8_t> codes,
              float* scale, int32_t* zero, const QuantizeOptions& options = {});

// The same with given parameters; throws, besides, as require_int8_parameters does.
void quantize_with(MatrixView<const float> x, const Int8Format& format, Int8Grain grain, const float* scale,
                   const int32_t* zero, MatrixView<uint8_t> codes, const QuantizeOptions& options = {});

// y = scale * (code - zero).
void dequantize(MatrixView<const uint8_t> codes, const Int8Format& format, Int8Grain grain,
                const float* scale, const int32_t* zero, MatrixView<float> y,
                const QuantizeOptions& options = {});

}  // namespace boreal
