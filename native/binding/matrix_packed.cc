// Matrices packed once for many products, and bfloat16. Element types of a code: float32, float64, bfloat16.
#include <memory>
#include <type_traits>
#include <variant>

#include "binding/exports.h"
#include "binding/matrix_call.h"
#include "linalg/bfloat16.h"
#include "linalg/packed_matrix.h"

namespace boreal {
namespace {

enum Type : size_t { kF32 = 0, kF64 = 1, kBf16 = 2 };

using AnyPacked = std::variant<PackedMatrix<float>, PackedMatrix<double>, PackedBf16Matrix>;

}  // namespace

template <>
struct HandleTraits<AnyPacked> {
  static constexpr napi_type_tag kTag = {0x6c3b1f58d92e4a07, 0x81f4a6d35b0c72e9};
  static constexpr const char* kName = "a handle of a packed matrix";
  static size_t external_bytes(const AnyPacked& packed) {
    return std::visit([](const auto& p) { return p.bytes(); }, packed);
  }
};

namespace {

// (code, b, rows, cols): a handle of op(b), b [rows, cols]. The bits of code: the type to pack as (b is
// float32 for bfloat16), whether b is transposed.
class PackOp {
 public:
  static constexpr size_t kArguments = 4;

  explicit PackOp(MatrixArguments& arguments) {
    const size_t code = arguments.size(0, "code");
    type_ = code & 3;
    transpose_ = (code & kTranspose) != 0;
    if (code > (kBf16 | kTranspose) || type_ > kBf16)
      throw Error("ERR_PARAMETER", "There is no such packing.");
    const size_t rows = arguments.size(2, "rows"), cols = arguments.size(3, "cols");
    const size_t count = checked_area(rows, cols);
    if (type_ == kF64) {
      b64_ = dense_view(arguments.input<double>(1, "b", count), rows, cols);
    } else {
      b32_ = dense_view(arguments.input<float>(1, "b", count), rows, cols);
    }
  }

  std::shared_ptr<AnyPacked> run(const RunOptions&) const {
    if (type_ == kF64) return std::make_shared<AnyPacked>(PackedMatrix<double>(b64_, transpose_));
    if (type_ == kF32) return std::make_shared<AnyPacked>(PackedMatrix<float>(b32_, transpose_));
    return std::make_shared<AnyPacked>(PackedBf16Matrix(b32_, transpose_));
  }
  static napi_value deliver(napi_env env, std::shared_ptr<AnyPacked>&& packed) {
    return make_handle(env, std::move(packed));
  }

 private:
  static constexpr size_t kTranspose = 4;

  size_t type_;
  bool transpose_;
  MatrixView<const float> b32_;
  MatrixView<const double> b64_;
};

// (code, a, packed, out, m, bias): out [m, n] = activation(a packed + bias), a [m, k]. The bits of code:
// activation, then the type of a: that of packed, or float32 or bfloat16 for packed bfloat16. out and bias
// are float64 for packed float64, else float32.
class PackedGemmOp {
 public:
  static constexpr size_t kArguments = 6;

  explicit PackedGemmOp(MatrixArguments& arguments) {
    const size_t code = arguments.size(0, "code");
    const size_t activation = code & kActivation, type = code >> kTypeShift;
    if (activation >= kUnaryCount || type > kBf16) throw Error("ERR_PARAMETER", "There is no such product.");
    activation_ = static_cast<Unary>(activation);
    packed_ = from_handle<AnyPacked>(arguments.env(), arguments[2], "packed");
    const bool fits = type == packed_->index() || (type == kF32 && packed_->index() == kBf16);
    if (!fits) throw Error("ERR_DTYPE", "a and the packed matrix have different element types.");
    const size_t m = arguments.size(4, "m");
    std::visit(
        [&](const auto& packed) {
          const size_t k = packed.rows(), n = packed.cols();
          if (type == kF64) {
            read(arguments, m, k, n, &a64_, &c64_, &bias64_);
          } else if (type == kF32) {
            read(arguments, m, k, n, &a32_, &c32_, &bias32_);
          } else {
            read(arguments, m, k, n, &a16_, &c32_, &bias32_);
          }
        },
        *packed_);
    a_is_bf16_ = type == kBf16;
  }

  void run(const RunOptions& run) const {
    if (const auto* f64 = std::get_if<PackedMatrix<double>>(packed_.get())) {
      f64->multiply(a64_, c64_, options(bias64_, run));
    } else if (const auto* f32 = std::get_if<PackedMatrix<float>>(packed_.get())) {
      f32->multiply(a32_, c32_, options(bias32_, run));
    } else {
      const auto& bf16 = std::get<PackedBf16Matrix>(*packed_);
      if (a_is_bf16_) {
        bf16.multiply(a16_, c32_, options(bias32_, run));
      } else {
        bf16.multiply(a32_, c32_, options(bias32_, run));
      }
    }
  }

 private:
  static constexpr size_t kActivation = 63, kTypeShift = 6;

  template <typename A, typename C>
  static void read(MatrixArguments& arguments, size_t m, size_t k, size_t n, MatrixView<const A>* a,
                   MatrixView<C>* c, const C** bias) {
    *c = dense_view(arguments.output<C>(3, "out", checked_area(m, n)), m, n);
    *a = dense_view(arguments.input<A>(1, "a", checked_area(m, k)), m, k);
    if (!is_nullish(arguments.env(), arguments[5])) *bias = arguments.input<C>(5, "bias", n);
  }
  template <typename C>
  GemmOptions<C> options(const C* bias, const RunOptions& run) const {
    GemmOptions<C> options;
    options.activation = activation_;
    options.bias = bias;
    options.max_threads = run.max_threads;
    options.cancel = run.cancel;
    return options;
  }

  std::shared_ptr<const AnyPacked> packed_;
  Unary activation_;
  bool a_is_bf16_;
  MatrixView<const float> a32_;
  MatrixView<const double> a64_;
  MatrixView<const uint16_t> a16_;
  MatrixView<float> c32_;
  MatrixView<double> c64_;
  const float* bias32_ = nullptr;
  const double* bias64_ = nullptr;
};

// (x, out, rows, cols): bfloat16 of float32, and back.
template <typename From, typename To,
          void (*convert)(MatrixView<const From>, MatrixView<To>, const RunOptions&)>
class Bfloat16Op {
 public:
  static constexpr size_t kArguments = 4;

  explicit Bfloat16Op(MatrixArguments& arguments) {
    const size_t rows = arguments.size(2, "rows"), cols = arguments.size(3, "cols");
    const size_t count = checked_area(rows, cols);
    out_ = dense_view(arguments.output<To>(1, "out", count), rows, cols);
    x_ = dense_view(arguments.input<From>(0, "x", count), rows, cols);
  }

  void run(const RunOptions& options) const { convert(x_, out_, options); }

 private:
  MatrixView<const From> x_;
  MatrixView<To> out_;
};

}  // namespace

void export_matrix_packed(napi_env env, napi_value exports) {
  export_matrix_call<PackOp>(env, exports, "matrixPack", "matrixPackAsync");
  export_matrix_call<PackedGemmOp>(env, exports, "matrixPackedGemm", "matrixPackedGemmAsync");
  export_matrix_call<Bfloat16Op<float, uint16_t, to_bfloat16>>(env, exports, "matrixToBfloat16",
                                                               "matrixToBfloat16Async");
  export_matrix_call<Bfloat16Op<uint16_t, float, from_bfloat16>>(env, exports, "matrixFromBfloat16",
                                                                 "matrixFromBfloat16Async");
}

}  // namespace boreal
