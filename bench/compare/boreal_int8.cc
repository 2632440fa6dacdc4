// boreal's product of u8 codes and packed s8 weights, as the int32 sums.
#include "engines.h"
#include "kernels/dispatch.h"
#include "linalg/gemm_int8.h"

namespace boreal_bench {

Task boreal_int8(const Problem& p) {
  const float scale = 1;
  const auto weights = std::make_shared<boreal::PackedInt8>(p.operand<int8_t>(1, p.k * p.n), p.n, 1, p.k, p.n,
                                                            &scale, false, boreal::kernels());
  auto zero = std::make_shared<int32_t>(0);
  boreal::Int8Rows x;
  x.codes = boreal::dense_view<const uint8_t>(p.operand<uint8_t>(0, p.m * p.k), p.m, p.k);
  x.zero = zero.get();
  boreal::Int8Options options;
  options.max_threads = p.threads;
  auto y = std::make_shared<AlignedBuffer<int32_t>>(p.m * p.n);
  return {[=, keep = zero] { weights->run(x, boreal::dense_view(y->data(), p.m, p.n), options); },
          [=] { return to_doubles(y->data(), y->size()); }};
}

}  // namespace boreal_bench
