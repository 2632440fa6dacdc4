// Runs a recorded graph of tensor operations: a list of ops over numbered float32 buffers, each op dense in
// and dense out, one after the other, each on all threads. This is what one evaluation of lib/nn/autograd is:
// one crossing and one job for a forward and a backward pass of any size.
//
// An op is [code, words that follow, ...]. Its first words are numbers of buffers (the one it writes first),
// then whole numbers and the bits of float32. lib/nn/autograd/ops.ts writes them, tensor_program.cc says what
// each code reads. Nothing is trusted: sizes, bounds and codes are checked as ops are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/span.h"
#include "linalg/elementwise.h"

namespace boreal {
namespace nn {

struct TensorBuffer {
  float* data;
  size_t size;
};

// The values are those of lib/nn/autograd/ops.ts.
enum class TensorOp : int32_t {
  kUnary = 0,
  kBinary = 1,
  kCompare = 2,
  kSelect = 3,
  kReduce = 4,
  kArgReduce = 5,
  kCopyStrided = 6,
  kPutStrided = 7,
  kConcat = 8,
  kIndexSelect = 9,
  kIndexAdd = 10,
  kTakeAlong = 11,
  kAddAlong = 12,
  kMatmul = 13,
  kConv2d = 14,
  kConv2dInputGradient = 15,
  kConv2dWeightGradient = 16,
  kMaxPool = 17,
  kMaxPoolGradient = 18,
  kAvgPool = 19,
  kAvgPoolGradient = 20,
  kBatchStatistics = 21,
  kBatchNorm = 22,
  kBatchNormGradient = 23,
  kLayerNorm = 24,
  kLayerNormGradient = 25,
  kSoftmax = 26,
  kRandom = 27,
  kFill = 28,
  kActivate = 29,
  kActivateGradient = 30,
  kDropout = 31,
  kUpdate = 32,
};
constexpr int32_t kTensorOpCount = 33;

// Throws ERR_PLAN for a program that is malformed, ERR_SHAPE for operands that don't fit, ERR_ABORTED. The
// buffers are then unspecified.
void run_tensor_program(Span<int32_t> program, const std::vector<TensorBuffer>& buffers,
                        const RunOptions& options);

}  // namespace nn
}  // namespace boreal
