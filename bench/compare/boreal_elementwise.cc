// boreal's elementwise functions and reductions of [m, n].
#include <map>

#include "engines.h"
#include "linalg/elementwise.h"
#include "operands.h"

namespace boreal_bench {
namespace {

template <typename T>
Task task_of(const Problem& p) {
  using boreal::Binary;
  using boreal::Reduction;
  using boreal::Unary;
  static const std::map<std::string, Unary> unary = {{"exp", Unary::kExp},
                                                     {"log", Unary::kLog},
                                                     {"tanh", Unary::kTanh},
                                                     {"sigmoid", Unary::kSigmoid},
                                                     {"gelu", Unary::kGelu}};
  static const std::map<std::string, Binary> binary = {{"add", Binary::kAdd}, {"mul", Binary::kMul}};
  static const std::map<std::string, Reduction> reductions = {{"sum", Reduction::kSum},
                                                              {"variance", Reduction::kVariance}};
  boreal::RunOptions options;
  options.max_threads = p.threads;
  const T* data = p.op == "log" ? positive<T>(p) : p.operand<T>(0, p.m * p.n);
  const boreal::MatrixView<const T> x = boreal::dense_view(data, p.m, p.n);

  if (const auto found = reductions.find(p.op); found != reductions.end()) {
    auto result = std::make_shared<T>();
    const Reduction f = found->second;
    return {[=] { boreal::reduce<T>(f, boreal::Axis::kAll, x, 0, result.get(), options); },
            [=] { return to_doubles(result.get(), 1); }};
  }
  if (p.op == "argmax") {
    auto result = std::make_shared<int64_t>();
    return {[=] { boreal::arg_reduce<T>(true, boreal::Axis::kAll, x, result.get(), options); },
            [=] { return to_doubles(result.get(), 1); }};
  }
  auto buffer = std::make_shared<AlignedBuffer<T>>(p.m * p.n);
  const boreal::MatrixView<T> y = boreal::dense_view(buffer->data(), p.m, p.n);
  const auto result = [=] { return to_doubles(buffer->data(), buffer->size()); };
  if (p.op == "softmax") return {[=] { boreal::softmax<T>(x, boreal::Axis::kCols, y, options); }, result};
  if (const auto found = unary.find(p.op); found != unary.end()) {
    const Unary f = found->second;
    return {[=] { boreal::apply_unary<T>(f, x, y, options); }, result};
  }
  if (const auto found = binary.find(p.op); found != binary.end()) {
    const Binary f = found->second;
    const T* second = p.operand<T>(1, p.m * p.n);
    const boreal::MatrixView<const T> b = boreal::dense_view(second, p.m, p.n);
    return {[=] { boreal::apply_binary<T>(f, x, b, y, options); }, result};
  }
  return {};
}

}  // namespace

Task boreal_elementwise(const Problem& p) {
  return p.dtype == "f32" ? task_of<float>(p) : task_of<double>(p);
}

}  // namespace boreal_bench
