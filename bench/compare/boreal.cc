// boreal's own side of the comparison.
#include "engines.h"
#include "kernels/dispatch.h"
#include "linalg/gemm.h"
#include "linalg/packed_matrix.h"
#include "problem.h"

namespace boreal_bench {
namespace {

// Operands `first_operand` and the next; with weights packed ahead where the problem allows it.
template <typename T>
Task matmul(const Problem& p, int first_operand = 0) {
  const auto a = boreal::dense_view<const T>(p.operand<T>(first_operand, p.m * p.k), p.m, p.k);
  const auto b = boreal::dense_view<const T>(p.operand<T>(first_operand + 1, p.k * p.n), p.k, p.n);
  auto c = std::make_shared<AlignedBuffer<T>>(p.m * p.n);
  const boreal::MatrixView<T> out = boreal::dense_view(c->data(), p.m, p.n);
  boreal::GemmOptions<T> options;
  options.max_threads = p.threads;
  const auto result = [=] { return to_doubles(c->data(), c->size()); };
  if (p.packed) {
    auto weights = std::make_shared<boreal::PackedMatrix<T>>(b);
    return {[=] { weights->multiply(a, out, options); }, result};
  }
  return {[=] { boreal::gemm(a, b, out, options); }, result};
}

Task prepare(const Problem& p) {
  if (p.op == "matmul") return p.dtype == "f32" ? matmul<float>(p) : matmul<double>(p);
  if (p.op == "matmul-int8") return boreal_int8(p);
  return p.m > 0 ? boreal_elementwise(p) : boreal_decomposition(p);
}

// float32 on the shape of an int8 product: other numbers, so there is no result to compare.
Task prepare_f32(const Problem& p) {
  if (p.op != "matmul-int8") return {};
  const Task task = matmul<float>(p, 10);
  return {[=] { task.run(); }};
}

}  // namespace

Engine boreal_engine() { return {"boreal", boreal::kernels().name, prepare}; }
Engine boreal_f32_engine() { return {"boreal-f32", boreal::kernels().name, prepare_f32}; }

}  // namespace boreal_bench
