// 8-bit matrices: quantising, and products with weights that are packed once.
#include <algorithm>
#include <mutex>
#include <optional>

#include "binding/exports.h"
#include "binding/matrix_call.h"
#include "kernels/dispatch.h"
#include "linalg/gemm_int8.h"
#include "linalg/quantize.h"

namespace boreal {
namespace {

// Bits of a code that say what 8-bit values are; the grain, an Int8Grain, is in the lowest two.
enum Bits : uint32_t {
  kGrain = 3,
  kSigned = 4,
  kSymmetric = 8,
  kGiven = 16,      // quantize: scale and zero are inputs
  kTransposed = 4,  // weights are [n, k]
};

uint32_t code_of(const MatrixArguments& arguments, uint32_t known) {
  const size_t code = arguments.size(0, "code");
  if ((code & ~size_t{known}) != 0 || (code & kGrain) > static_cast<uint32_t>(Int8Grain::kColumns)) {
    throw Error("ERR_PARAMETER", "There is no such 8-bit operation.");
  }
  return static_cast<uint32_t>(code);
}

// Codes as their bytes; JavaScript has them as Int8Array or Uint8Array.
const uint8_t* input_codes(MatrixArguments& arguments, size_t i, const char* name, bool is_signed,
                           size_t count) {
  if (!is_signed) return arguments.input<uint8_t>(i, name, count);
  return reinterpret_cast<const uint8_t*>(arguments.input<int8_t>(i, name, count));
}
uint8_t* output_codes(MatrixArguments& arguments, size_t i, const char* name, bool is_signed, size_t count) {
  if (!is_signed) return arguments.output<uint8_t>(i, name, count);
  return reinterpret_cast<uint8_t*>(arguments.output<int8_t>(i, name, count));
}

// (code, x, codes, scale, zero, rows, cols): codes of the float32 x [rows, cols]; scale and zero, one of each
// for the matrix, each row or each column, are written too, or read if given.
class QuantizeOp {
 public:
  static constexpr size_t kArguments = 7;

  explicit QuantizeOp(MatrixArguments& arguments) {
    const uint32_t code = code_of(arguments, kGrain | kSigned | kSymmetric | kGiven);
    grain_ = static_cast<Int8Grain>(code & kGrain);
    format_ = {(code & kSigned) != 0, (code & kSymmetric) != 0};
    given_ = (code & kGiven) != 0;
    const size_t rows = arguments.size(5, "rows"), cols = arguments.size(6, "cols");
    const size_t area = checked_area(rows, cols), count = grain_count(grain_, rows, cols);
    codes_ = dense_view(output_codes(arguments, 2, "codes", format_.is_signed, area), rows, cols);
    if (given_) {
      given_scale_ = arguments.input<float>(3, "scale", count);
      given_zero_ = arguments.input<int32_t>(4, "zero", count);
    } else {
      scale_ = arguments.output<float>(3, "scale", count);
      zero_ = arguments.output<int32_t>(4, "zero", count);
    }
    x_ = dense_view(arguments.input<float>(1, "x", area), rows, cols);
  }

  void run(const RunOptions& run) const {
    const QuantizeOptions options{run.max_threads, run.cancel, nullptr};
    if (given_) {
      quantize_with(x_, format_, grain_, given_scale_, given_zero_, codes_, options);
    } else {
      quantize(x_, format_, grain_, codes_, scale_, zero_, options);
    }
  }

 private:
  Int8Grain grain_;
  Int8Format format_;
  bool given_;
  MatrixView<const float> x_;
  MatrixView<uint8_t> codes_;
  const float* given_scale_ = nullptr;
  const int32_t* given_zero_ = nullptr;
  float* scale_ = nullptr;
  int32_t* zero_ = nullptr;
};

// (code, codes, scale, zero, out, rows, cols): out [rows, cols] = scale (code - zero), in float32.
class DequantizeOp {
 public:
  static constexpr size_t kArguments = 7;

  explicit DequantizeOp(MatrixArguments& arguments) {
    const uint32_t code = code_of(arguments, kGrain | kSigned);
    grain_ = static_cast<Int8Grain>(code & kGrain);
    format_.is_signed = (code & kSigned) != 0;
    const size_t rows = arguments.size(5, "rows"), cols = arguments.size(6, "cols");
    const size_t area = checked_area(rows, cols), count = grain_count(grain_, rows, cols);
    out_ = dense_view(arguments.output<float>(4, "out", area), rows, cols);
    codes_ = dense_view(input_codes(arguments, 1, "codes", format_.is_signed, area), rows, cols);
    scale_ = arguments.input<float>(2, "scale", count);
    zero_ = arguments.input<int32_t>(3, "zero", count);
  }

  void run(const RunOptions& run) const {
    dequantize(codes_, format_, grain_, scale_, zero_, out_, {run.max_threads, run.cancel, nullptr});
  }

 private:
  Int8Grain grain_;
  Int8Format format_;
  MatrixView<const uint8_t> codes_;
  const float* scale_;
  const int32_t* zero_;
  MatrixView<float> out_;
};

// Weights of products: packed at once, or from a copy by the job that needs them first.
class Int8Weights {
 public:
  struct Source {
    const int8_t* data;
    size_t row_stride, col_stride, k, n;
    const float* scale;
    bool per_column;
  };
  Int8Weights(const Source& source, bool now) : source_(source), later_(!now) {
    if (now) {
      pack();
      return;
    }
    raw_ = AlignedBuffer<int8_t>(source.k * source.n);
    std::copy_n(source.data, raw_.size(), raw_.data());
    scale_ = AlignedBuffer<float>(source.per_column ? source.n : 1);
    std::copy_n(source.scale, scale_.size(), scale_.data());
    source_.data = raw_.data();
    source_.scale = scale_.data();
  }
  size_t inputs() const { return source_.k; }
  size_t outputs() const { return source_.n; }
  const PackedInt8& packed() {
    if (later_) std::call_once(once_, [this] { pack(); });
    return *packed_;
  }

 private:
  void pack() {
    const Source& s = source_;
    packed_.emplace(s.data, s.row_stride, s.col_stride, s.k, s.n, s.scale, s.per_column, kernels());
  }

  Source source_;
  bool later_;
  AlignedBuffer<int8_t> raw_;
  AlignedBuffer<float> scale_;
  std::once_flag once_;
  std::optional<PackedInt8> packed_;
};

}  // namespace

template <>
struct HandleTraits<Int8Weights> {
  static constexpr napi_type_tag kTag = {0x83b1f7d02c5e4a96, 0xa17c2e9f60d845b3};
  static constexpr const char* kName = "packed 8-bit weights";
  static size_t external_bytes(const Int8Weights& weights) { return weights.inputs() * weights.outputs(); }
};

namespace {

// (code, w, scale, k, n, now): a handle of the weights w [k, n], or [n, k] if transposed, with a scale for
// the matrix or for each of the n columns. Packed before this returns, or from a copy on the pool when first
// used.
napi_value pack_weights(Call& call) {
  MatrixArguments arguments(call, MatrixArguments::When::kNow);
  const uint32_t code = code_of(arguments, kGrain | kTransposed);
  if ((code & kGrain) == static_cast<uint32_t>(Int8Grain::kRows)) {
    throw Error("ERR_PARAMETER", "Weights have one scale, or one for each column of the product.");
  }
  const size_t k = arguments.size(3, "k"), n = arguments.size(4, "n");
  const bool transposed = (code & kTransposed) != 0, per_column = (code & kGrain) != 0;
  Int8Weights::Source source{};
  source.data = arguments.input<int8_t>(1, "w", checked_area(k, n));
  source.row_stride = transposed ? 1 : n;
  source.col_stride = transposed ? k : 1;
  source.k = k;
  source.n = n;
  source.scale = arguments.input<float>(2, "scale", per_column ? n : 1);
  source.per_column = per_column;
  const bool now = to_bool(call.env(), call[5], "now");
  return make_handle(call.env(), std::make_shared<Int8Weights>(source, now));
}

// (code, x, scale, zero, weights, bias, out, m, result): out [m, n] = activation(x weights + bias). The bits
// of code: activation, what x is, what out is, whether x has a scale and zero for each row. x is float32, to
// be quantised row by row (scale and zero are then null), or codes. bias [n] or null. result is null, or for
// an out of codes a Float64Array of its scale and zero.
class ProductOp {
 public:
  static constexpr size_t kArguments = 9;

  explicit ProductOp(MatrixArguments& arguments) {
    const size_t code = arguments.size(0, "code");
    options_.activation = static_cast<Unary>(code & 63);
    const size_t x_type = code >> 6 & 3, out_type = code >> 8 & 3;
    const bool per_row = (code >> 10 & 1) != 0;
    if (code >> 11 != 0 || x_type > kS8 || static_cast<int32_t>(options_.activation) >= kUnaryCount) {
      throw Error("ERR_PARAMETER", "There is no such 8-bit product.");
    }
    napi_env env = arguments.env();
    weights_ = from_handle<Int8Weights>(env, arguments[4], "weights");
    const size_t m = arguments.size(7, "m"), k = weights_->inputs(), n = weights_->outputs();
    const size_t area = checked_area(m, n);
    if (out_type == kReal) {
      out_ = dense_view(arguments.output<float>(6, "out", area), m, n);
    } else if (out_type == kS32) {
      sums_ = dense_view(arguments.output<int32_t>(6, "out", area), m, n);
    } else {
      result_.format.is_signed = out_type == kS8;
      result_.codes = dense_view(output_codes(arguments, 6, "out", result_.format.is_signed, area), m, n);
      const double* parameters = arguments.input<double>(8, "result", 2);
      result_.scale = static_cast<float>(parameters[0]);
      result_.zero =
          parameters[1] >= -128 && parameters[1] <= 255 ? static_cast<int32_t>(parameters[1]) : 256;
    }
    kind_ = static_cast<Kind>(out_type);
    dynamic_ = x_type == kReal;
    if (dynamic_) {
      real_ = dense_view(arguments.input<float>(1, "x", checked_area(m, k)), m, k);
      if (kind_ != kReal) throw Error("ERR_PARAMETER", "A product of float32 rows is float32.");
    } else {
      x_.is_signed = x_type == kS8;
      x_.per_row = per_row;
      x_.codes = dense_view(input_codes(arguments, 1, "x", x_.is_signed, checked_area(m, k)), m, k);
      x_.scale = arguments.input<float>(2, "scale", per_row ? m : 1);
      x_.zero = arguments.input<int32_t>(3, "zero", per_row ? m : 1);
    }
    if (!is_nullish(env, arguments[5])) options_.bias = arguments.input<float>(5, "bias", n);
  }

  void run(const RunOptions& run) const {
    Int8Options options = options_;
    options.max_threads = run.max_threads;
    options.cancel = run.cancel;
    const PackedInt8& packed = weights_->packed();
    if (dynamic_) {
      require_finite_values(real_, kernels());
      packed.run(real_, out_, options);
    } else if (kind_ == kReal) {
      packed.run(x_, out_, options);
    } else if (kind_ == kS32) {
      packed.run(x_, sums_, options);
    } else {
      packed.run(x_, result_, options);
    }
  }

 private:
  enum Kind : size_t { kReal = 0, kU8 = 1, kS8 = 2, kS32 = 3 };

  std::shared_ptr<Int8Weights> weights_;
  Int8Options options_;
  Kind kind_;
  bool dynamic_;
  MatrixView<const float> real_;
  Int8Rows x_;
  MatrixView<float> out_;
  MatrixView<int32_t> sums_;
  Int8Result result_;
};

}  // namespace

void export_matrix_int8(napi_env env, napi_value exports) {
  export_matrix_call<QuantizeOp>(env, exports, "matrixQuantize", "matrixQuantizeAsync");
  export_matrix_call<DequantizeOp>(env, exports, "matrixDequantize", "matrixDequantizeAsync");
  export_function<pack_weights>(env, exports, "int8Weights");
  export_matrix_call<ProductOp>(env, exports, "int8Product", "int8ProductAsync");
}

}  // namespace boreal
