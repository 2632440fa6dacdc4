#include "plan/op_decoder.h"

#include <cmath>
#include <utility>

namespace boreal {
namespace {

template <typename T>
struct TypeOf;
template <>
struct TypeOf<float> {
  static constexpr ConstantType kType = ConstantType::kF32;
  static constexpr const char* kName = "float32";
};
template <>
struct TypeOf<double> {
  static constexpr ConstantType kType = ConstantType::kF64;
  static constexpr const char* kName = "float64";
};
template <>
struct TypeOf<int32_t> {
  static constexpr ConstantType kType = ConstantType::kI32;
  static constexpr const char* kName = "int32";
};
template <>
struct TypeOf<uint8_t> {
  static constexpr ConstantType kType = ConstantType::kU8;
  static constexpr const char* kName = "uint8";
};

}  // namespace

OpDecoder::OpDecoder(const Plan& plan, const std::vector<Constant>& constants, const WireOp& wire)
    : plan_(plan), constants_(constants), wire_(wire), name_("") {}

Op OpDecoder::decode() {
  using Method = Op (OpDecoder::*)();
  struct Entry {
    const char* name;
    Method method;
    bool reads_codes = false;  // 8-bit ones, where the input holds them
  };
  static constexpr Entry kEntries[] = {
      // by opcode, from 1
      {"Check", &OpDecoder::check},
      {"Gather", &OpDecoder::gather},
      {"Concat", &OpDecoder::concat},
      {"Impute", &OpDecoder::impute},
      {"Affine", &OpDecoder::affine},
      {"Category", &OpDecoder::category},
      {"OneHot", &OpDecoder::one_hot},
      {"Dense", &OpDecoder::dense},
      {"Activation", &OpDecoder::activation},
      {"Softmax", &OpDecoder::softmax},
      {"ArgMax", &OpDecoder::arg_max},
      {"Forest", &OpDecoder::forest},
      {"Quantile", &OpDecoder::quantile},
      {"LeafLinear", &OpDecoder::leaf_linear},
      {"Binary", &OpDecoder::binary},
      {"Select", &OpDecoder::select},
      {"Constant", &OpDecoder::constant_row},
      {"Reduce", &OpDecoder::reduce},
      {"Lookup", &OpDecoder::lookup},
      {"Float32", &OpDecoder::float32},
      {"Distance", &OpDecoder::distance},
      {"Coupling", &OpDecoder::coupling},
      {"NonNegative", &OpDecoder::non_negative},
      {"Expansion", &OpDecoder::expansion},
      {"Interpolate", &OpDecoder::interpolate},
      {"Neighbors", &OpDecoder::neighbors},
      {"NeighborImpute", &OpDecoder::neighbor_impute},
      {"Layer", &OpDecoder::layer},
      {"Draw", &OpDecoder::draw},
      {"Scale", &OpDecoder::scale},
      {"Quantize", &OpDecoder::quantize},
      {"Int8Dense", &OpDecoder::int8_dense, true},
      {"Int8Conv", &OpDecoder::int8_conv, true},
      {"Divergence", &OpDecoder::divergence},
  };
  constexpr int32_t kOpcodes = sizeof(kEntries) / sizeof(kEntries[0]);
  if (wire_.opcode < 1 || wire_.opcode > kOpcodes)
    fail("opcode " + std::to_string(wire_.opcode) + " is not known");
  const Entry& entry = kEntries[wire_.opcode - 1];
  name_ = entry.name;
  if (wire_.inputs.size == 0) fail("it has no input");
  for (const int32_t slot : wire_.inputs) {
    if (slot < 0 || static_cast<size_t>(slot) > plan_.ops.size()) {
      fail("input slot " + std::to_string(slot) + " is not written before it");
    }
    if (!entry.reads_codes && plan_.slot_codes(static_cast<size_t>(slot)) != nullptr) {
      fail("input slot " + std::to_string(slot) + " holds 8-bit codes");
    }
  }
  width_ = plan_.slot_width(static_cast<size_t>(wire_.inputs[0]));
  return (this->*entry.method)();
}

Op OpDecoder::check() {
  expect(1, 1, 0);
  return finish(CheckOp{static_cast<FiniteRule>(ranged(0, "rule", 0, 1))}, width_);
}

Op OpDecoder::gather() {
  expect(1, wire_.ints.size, 0);
  GatherOp op;
  op.columns.reserve(wire_.ints.size);
  for (size_t j = 0; j < wire_.ints.size; ++j) {
    const int32_t column = wire_.ints[j];
    if (column < 0 || static_cast<size_t>(column) >= width_) {
      fail("column " + std::to_string(column) + " does not exist in its input");
    }
    op.columns.push_back(static_cast<uint32_t>(column));
  }
  const size_t width = op.columns.size();
  return finish(std::move(op), width);
}

Op OpDecoder::concat() {
  expect(wire_.inputs.size, 0, 0);
  size_t width = 0;
  for (const int32_t slot : wire_.inputs) {
    width += plan_.slot_width(static_cast<size_t>(slot));
    if (width > kMaxWidth) break;  // finish() refuses it
  }
  return finish(ConcatOp{}, width);
}

Op OpDecoder::impute() {
  expect(1, 0, 1);
  return finish(ImputeOp{constant<double>(0, "fill", width_)}, width_);
}

Op OpDecoder::affine() {
  expect(1, 0, 2);
  return finish(AffineOp{constant<double>(0, "shift", width_), constant<double>(1, "scale", width_)}, width_);
}

Op OpDecoder::category() {
  expect(1, 1, 2);
  const bool reject_unknown = ranged(0, "reject_unknown", 0, 1) != 0;
  const CategoryOp op{constant<int32_t>(0, "offsets", width_ + 1), constant<double>(1, "values"),
                      reject_unknown};
  check_offsets(op.offsets, op.values.size);
  for (size_t j = 0; j < width_; ++j) {
    for (int32_t k = op.offsets[j] + 1; k < op.offsets[j + 1]; ++k) {
      // Written so that a NaN may follow a number, and nothing may follow a NaN.
      const double before = op.values[k - 1], value = op.values[k];
      if (!(before < value || (std::isnan(value) && !std::isnan(before))))
        fail("values are not sorted and distinct");
    }
  }
  return finish(op, width_);
}

void OpDecoder::check_offsets(Span<int32_t> offsets, size_t values) const {
  if (offsets[0] != 0) fail("offsets do not start at 0");
  for (size_t j = 0; j < width_; ++j) {
    if (offsets[j + 1] < offsets[j] || static_cast<size_t>(offsets[j + 1]) > values) {
      fail("offsets decrease or pass the end of values");
    }
  }
  if (static_cast<size_t>(offsets[width_]) != values) fail("offsets do not end at the end of values");
}

Op OpDecoder::one_hot() {
  expect(1, 0, 2);
  const OneHotOp op{constant<int32_t>(0, "sizes", width_), constant<int32_t>(1, "drop", width_)};
  size_t width = 0;
  for (size_t j = 0; j < width_; ++j) {
    if (op.sizes[j] < 0 || op.drop[j] < -1 || op.drop[j] >= op.sizes[j])
      fail("a size or a dropped code is out of range");
    width += static_cast<size_t>(op.sizes[j]) - (op.drop[j] >= 0 ? 1 : 0);
    if (width > kMaxWidth) break;  // finish() refuses it
  }
  return finish(op, width);
}

Op OpDecoder::dense() {
  expect(1, 2, 2);
  const size_t outputs = static_cast<size_t>(ranged(0, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  // Both factors are at most kMaxWidth, so that the product cannot overflow.
  return finish(DenseOp{constant<double>(0, "weights", width_ * outputs),
                        constant<double>(1, "bias", outputs), outputs, unary(1)},
                outputs);
}

Op OpDecoder::activation() {
  expect(1, 1, 0);
  return finish(ActivationOp{unary(0)}, width_);
}

Op OpDecoder::softmax() {
  expect(1, 0, 0);
  return finish(SoftmaxOp{}, width_);
}

Op OpDecoder::arg_max() {
  expect(1, 0, 0);
  if (width_ == 0) fail("its input has no columns");
  return finish(ArgMaxOp{}, 1);
}

Op OpDecoder::quantile() {
  expect(1, 0, 1);
  if (width_ == 0) fail("its input has no columns");
  const QuantileOp op{constant<double>(0, "probabilities")};
  for (const double p : op.probabilities) {
    if (!(p >= 0 && p <= 1)) fail("a probability is outside [0, 1]");
  }
  return finish(op, op.probabilities.size);
}

Op OpDecoder::binary() {
  const bool of_two = wire_.inputs.size == 2;
  expect(of_two ? 2 : 1, 1, of_two ? 0 : 1);
  CombineOp op{static_cast<BinaryFunction>(ranged(0, "function", 0, kBinaryFunctionCount - 1)), {}};
  if (!of_two) {
    op.operand = constant<double>(0, "operand", width_);
    return finish(op, width_);
  }
  const size_t other = width_of(1);
  if (width_ != other && width_ != 1 && other != 1) fail("the widths of its inputs differ");
  return finish(op, width_ == 1 ? other : width_);
}

Op OpDecoder::select() {
  expect(3, 0, 0);
  if (width_of(1) != width_ || width_of(2) != width_) fail("the widths of its inputs differ");
  return finish(SelectOp{}, width_);
}

Op OpDecoder::constant_row() {
  expect(1, 0, 1);
  const ConstantOp op{constant<double>(0, "values")};
  return finish(op, op.values.size);
}

Op OpDecoder::reduce() {
  expect(1, 1, 0);
  const Fold fold = static_cast<Fold>(ranged(0, "fold", 0, static_cast<int32_t>(Fold::kMaxAbs)));
  if (fold == Fold::kSumSquares || fold == Fold::kSumDeviations) fail("its fold has a parameter");
  return finish(RowFoldOp{fold}, 1);
}

Op OpDecoder::lookup() {
  expect(1, 0, 3);
  const LookupOp op{constant<int32_t>(0, "offsets", width_ + 1), constant<double>(1, "values"),
                    constant<double>(2, "otherwise", width_)};
  check_offsets(op.offsets, op.values.size);
  return finish(op, width_);
}

Op OpDecoder::float32() {
  expect(1, 0, 0);
  return finish(Float32Op{}, width_);
}

Op OpDecoder::distance() {
  expect(1, 2, 1);
  const Metric metric = static_cast<Metric>(ranged(0, "metric", 0, static_cast<int32_t>(Metric::kManhattan)));
  const size_t outputs = static_cast<size_t>(ranged(1, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  return finish(PointDistanceOp{metric, constant<double>(0, "points", width_ * outputs), outputs}, outputs);
}

Op OpDecoder::coupling() {
  expect(1, 1, 0);
  const size_t classes = static_cast<size_t>(ranged(0, "classes", 2, kMaxCoupled));
  if (width_ != classes * (classes - 1) / 2) fail("its input does not have one column for each pair");
  return finish(CouplingOp{classes}, classes);
}

Op OpDecoder::non_negative() {
  expect(1, 1, 2);
  const size_t rounds = static_cast<size_t>(ranged(0, "rounds", 1, kMaxRounds));
  return finish(NonNegativeOp{constant<double>(0, "gram", width_ * width_),
                              constant<double>(1, "tolerance", 1), rounds},
                width_);
}

Op OpDecoder::divergence() {
  expect(1, 2, 2);
  const size_t outputs = static_cast<size_t>(ranged(0, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  const size_t rounds = static_cast<size_t>(ranged(1, "rounds", 1, kMaxRounds));
  const DivergenceOp op{constant<double>(0, "parts", outputs * width_), constant<double>(1, "settings", 4),
                        outputs, rounds};
  if (width_ == 0) fail("its input has no columns");
  for (const double value : op.parts) {
    if (!(value >= 0) || std::isinf(value)) fail("a part is not finite or below 0");
  }
  for (size_t k = 0; k < op.settings.size; ++k) {
    if (!std::isfinite(op.settings[k]) || (k > 0 && op.settings[k] < 0)) fail("a setting is out of range");
  }
  return finish(op, outputs);
}

Op OpDecoder::draw() {
  expect(1, 1, 0);
  return finish(DrawOp{static_cast<uint32_t>(wire_.ints[0])}, 1);
}

Op OpDecoder::expansion() {
  expect(1, 2, 4);
  KernelExpansionOp op;
  op.function = static_cast<KernelFunction>(ranged(0, "function", 0, kKernelFunctionCount - 1));
  op.outputs = static_cast<size_t>(ranged(1, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  const Span<double> parameters = constant<double>(0, "parameters", 3);
  op.gamma = parameters[0];
  op.coef0 = parameters[1];
  op.degree = parameters[2];
  if (width_ == 0) fail("its input has no columns");
  op.weights = constant<double>(2, "weights");
  if (op.weights.size % op.outputs != 0) fail("the size of weights is no multiple of outputs");
  op.count = op.weights.size / op.outputs;
  if (op.count > kMaxWidth) fail("it has too many vectors");
  op.vectors = constant<double>(1, "vectors", op.count * width_);
  op.bias = constant<double>(3, "bias", op.outputs);
  return finish(op, op.outputs);
}

Op OpDecoder::interpolate() {
  expect(1, 1, 3);
  InterpolateOp op;
  op.outside = static_cast<Outside>(ranged(0, "outside", 0, 2));
  op.offsets = constant<int32_t>(0, "offsets", width_ + 1);
  op.x = constant<double>(1, "x");
  op.y = constant<double>(2, "y", op.x.size);
  check_offsets(op.offsets, op.x.size);
  for (size_t j = 0; j < width_; ++j) {
    if (op.offsets[j] == op.offsets[j + 1]) fail("a column has no points");
    for (int32_t k = op.offsets[j]; k < op.offsets[j + 1]; ++k) {
      const bool rises = k == op.offsets[j] || op.x[k] > op.x[k - 1];
      if (!rises || !std::isfinite(op.x[k])) fail("x does not rise, or is not finite");
    }
  }
  return finish(op, width_);
}

bool OpDecoder::is_type(size_t k, ConstantType type) const {
  const int32_t index = wire_.constants[k];
  return index >= 0 && static_cast<size_t>(index) < constants_.size() &&
         constants_[static_cast<size_t>(index)].type == type;
}

Op OpDecoder::layer() {
  expect(1, 2, 2);
  const size_t outputs = static_cast<size_t>(ranged(0, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  return finish(LayerOp{constant<double>(0, "code"), constant<float>(1, "parameters"), outputs, unary(1)},
                outputs);
}

Op OpDecoder::scale() {
  expect(1, 0, 2);
  const Span<double> factor = constant<double>(0, "factor");
  if (factor.size == 0 || width_ % factor.size != 0) fail("its channels do not divide its columns");
  return finish(ScaleOp{factor, constant<double>(1, "term", factor.size)}, width_);
}

Unary OpDecoder::unary(size_t k) const {
  return static_cast<Unary>(ranged(k, "activation", 0, kUnaryCount - 1));
}

Op OpDecoder::quantize() {
  expect(1, 0, 1);
  Op op = finish(QuantizeOp{}, width_);
  op.codes = codes(0);
  return op;
}

Op OpDecoder::int8_dense() {
  expect(1, 3, wire_.constants.size == 4 ? 4 : 3);
  const size_t positions = static_cast<size_t>(ranged(0, "positions", 1, static_cast<int32_t>(kMaxWidth)));
  const size_t outputs = static_cast<size_t>(ranged(1, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  const size_t inputs = width_ / positions;
  if (inputs * positions != width_) fail("its input has no whole number of columns for each position");
  if (inputs > kInt8MaxInputs) fail("8-bit sums of so many inputs could leave 32 bits");
  const Int8DenseOp op{unary(2),
                       positions,
                       outputs,
                       constant<uint8_t>(0, "weights", inputs * outputs),
                       constant<float>(1, "scale", outputs),
                       constant<float>(2, "bias", outputs)};
  return with_codes(finish(op, positions * outputs), 3);
}

Op OpDecoder::int8_conv() {
  expect(1, 2, wire_.constants.size == 5 ? 5 : 4);
  const size_t outputs = static_cast<size_t>(ranged(0, "outputs", 1, static_cast<int32_t>(kMaxWidth)));
  const Span<float> scale = constant<float>(2, "scale");
  const Int8ConvOp op{unary(1), constant<double>(0, "code"), constant<uint8_t>(1, "weights"), scale,
                      constant<float>(3, "bias", scale.size)};
  return with_codes(finish(op, outputs), 4);
}

Op OpDecoder::with_codes(Op op, size_t others) const {
  if (wire_.constants.size == others) return op;
  if (plan_.slot_codes(static_cast<size_t>(wire_.inputs[0])) == nullptr) {
    fail("its result is codes, and its input is not");
  }
  op.codes = codes(others);
  return op;
}

Int8Codes OpDecoder::codes(size_t k) const {
  const Span<float> values = constant<float>(k, "codes", 2);
  const float scale = values[0], zero = values[1];
  if (!(scale > 0) || std::isinf(scale)) fail("the scale of its codes is not positive and finite");
  if (!(zero >= 0 && zero <= 255 && zero == std::floor(zero))) fail("the zero of its codes is no code");
  return {scale, static_cast<int32_t>(zero)};
}

size_t OpDecoder::width_of(size_t input) const {
  return plan_.slot_width(static_cast<size_t>(wire_.inputs[input]));
}

void OpDecoder::expect(size_t inputs, size_t ints, size_t constants) const {
  if (wire_.inputs.size != inputs || wire_.ints.size != ints || wire_.constants.size != constants) {
    fail("it has a wrong number of inputs, ints or constants");
  }
}

template <typename T>
Span<T> OpDecoder::constant(size_t k, const char* what) const {
  const int32_t index = wire_.constants[k];
  if (index < 0 || static_cast<size_t>(index) >= constants_.size()) {
    fail(std::string(what) + " names a constant that does not exist");
  }
  const Constant& constant = constants_[static_cast<size_t>(index)];
  if (constant.type != TypeOf<T>::kType) fail(std::string(what) + " is not of type " + TypeOf<T>::kName);
  return {static_cast<const T*>(constant.data), constant.size};
}

template <typename T>
Span<T> OpDecoder::constant(size_t k, const char* what, size_t size) const {
  const Span<T> span = constant<T>(k, what);
  if (span.size != size) {
    fail(std::string(what) + " has " + std::to_string(span.size) + " values instead of " +
         std::to_string(size));
  }
  return span;
}

// For the other files of the decoder.
template Span<float> OpDecoder::constant<float>(size_t, const char*) const;
template Span<float> OpDecoder::constant<float>(size_t, const char*, size_t) const;
template Span<double> OpDecoder::constant<double>(size_t, const char*) const;
template Span<double> OpDecoder::constant<double>(size_t, const char*, size_t) const;
template Span<int32_t> OpDecoder::constant<int32_t>(size_t, const char*) const;
template Span<int32_t> OpDecoder::constant<int32_t>(size_t, const char*, size_t) const;
template Span<uint8_t> OpDecoder::constant<uint8_t>(size_t, const char*) const;
template Span<uint8_t> OpDecoder::constant<uint8_t>(size_t, const char*, size_t) const;

int32_t OpDecoder::ranged(size_t k, const char* what, int32_t least, int32_t most) const {
  const int32_t value = wire_.ints[k];
  if (value < least || value > most)
    fail(std::string(what) + " = " + std::to_string(value) + " is out of range");
  return value;
}

Op OpDecoder::finish(OpKind kind, size_t width) const {
  if (width > kMaxWidth) fail("its output is too wide");
  Op op;
  op.kind = std::move(kind);
  op.inputs.assign(wire_.inputs.begin(), wire_.inputs.end());
  op.width = width;
  return op;
}

void OpDecoder::fail(const std::string& what) const {
  const size_t index = plan_.ops.size();
  const std::string name = *name_ == '\0' ? "" : std::string(" (") + name_ + ")";
  throw Error("ERR_PLAN", "Malformed plan: op " + std::to_string(index) + name + ": " + what + ".", -1, -1,
              static_cast<int32_t>(index));
}

}  // namespace boreal
