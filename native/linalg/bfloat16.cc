#include "linalg/bfloat16.h"

#include "base/error.h"
#include "kernels/dispatch.h"
#include "linalg/blocks.h"

namespace boreal {
namespace {

constexpr size_t kTaskElements = 64 << 10;  // bound by memory, as elementwise.cc has it

template <typename From, typename To>
void convert_rows(void (*kernel)(const From*, To*, size_t) noexcept, MatrixView<const From> x,
                  MatrixView<To> y, const RunOptions& options) {
  if (x.rows != y.rows || x.cols != y.cols) throw Error("ERR_SHAPE", "The shapes of the operands don't fit.");
  run_blocks(Blocks(x.rows, x.cols, kTaskElements), options, [&](const Block& block) {
    const MatrixView<const From> from = block_of(x, block);
    const MatrixView<To> to = block_of(y, block);
    for (size_t i = 0; i < from.rows; ++i) kernel(from.row(i), to.row(i), from.cols);
  });
}

}  // namespace

void to_bfloat16(MatrixView<const float> x, MatrixView<uint16_t> y, const RunOptions& options) {
  convert_rows(kernels().bf16.from_float, x, y, options);
}

void from_bfloat16(MatrixView<const uint16_t> x, MatrixView<float> y, const RunOptions& options) {
  convert_rows(kernels().bf16.to_float, x, y, options);
}

}  // namespace boreal
