// boreal's own side of the comparison.
#include "engines.h"
#include "kernels/dispatch.h"
#include "linalg/gemm.h"
#include "problem.h"

namespace boreal_bench {
namespace {

template <typename T>
Task matmul(const Problem& p, int first_operand = 0) {
  const T* a = p.operand<T>(first_operand, p.m * p.k);
  const T* b = p.operand<T>(first_operand + 1, p.k * p.n);
  auto c = std::make_shared<AlignedBuffer<T>>(p.m * p.n);
  boreal::GemmOptions<T> options;
  options.max_threads = p.threads;
  return {[=] {
            boreal::gemm(boreal::dense_view(a, p.m, p.k), boreal::dense_view(b, p.k, p.n),
                         boreal::dense_view(c->data(), p.m, p.n), options);
          },
          [=] { return to_doubles(c->data(), c->size()); }};
}

Task prepare(const Problem& p) {
  if (p.op == "matmul") return p.dtype == "f32" ? matmul<float>(p) : matmul<double>(p);
  if (p.op == "matmul-int8") return boreal_int8(p);
  return p.m > 0 ? boreal_elementwise(p) : boreal_decomposition(p);
}

// float32 on the shape of an int8 product: other numbers, so there is no result to compare.
Task prepare_f32(const Problem& p) {
  if (p.op != "matmul-int8") return {};
  return {matmul<float>(p, 10).run};
}

}  // namespace

Engine boreal_engine() { return {"boreal", boreal::kernels().name, prepare}; }
Engine boreal_f32_engine() { return {"boreal-f32", boreal::kernels().name, prepare_f32}; }

}  // namespace boreal_bench
