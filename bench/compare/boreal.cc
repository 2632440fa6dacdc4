// boreal's own side of the comparison.
#include "engines.h"
#include "kernels/dispatch.h"
#include "linalg/gemm.h"
#include "problem.h"

namespace boreal_bench {
namespace {

template <typename T>
Task matmul(const Problem& p) {
  const T* a = p.operand<T>(0, p.m * p.k);
  const T* b = p.operand<T>(1, p.k * p.n);
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
  return p.m > 0 ? boreal_elementwise(p) : Task{};
}

}  // namespace

Engine boreal_engine() { return {"boreal", boreal::kernels().name, prepare}; }

}  // namespace boreal_bench
