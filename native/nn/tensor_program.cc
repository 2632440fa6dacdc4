#include "nn/tensor_program.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/aligned_buffer.h"
#include "base/error.h"
#include "kernels/dispatch.h"
#include "linalg/blocks.h"
#include "linalg/gemm.h"
#include "nn/conv2d.h"
#include "nn/normalize.h"
#include "nn/pool.h"
#include "nn/strided.h"
#include "nn/tensor_ops.h"
#include "nn/tensor_reader.h"

namespace boreal {
namespace nn {
namespace {

using Run = const RunOptions&;

Strided<const float> read_operand(TensorReader& r, const TensorBuffer& x, size_t rank) {
  return {x.data, x.size, r.strides(rank)};
}

void run_unary(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), x = r.input();
  const Unary f = static_cast<Unary>(r.choice(kUnaryCount));
  r.require(x, y.size);
  apply_unary<float>(f, dense_view<const float>(x.data, 1, x.size), dense_view(y.data, 1, y.size), run);
}

void run_pair(TensorReader& r, Run run, bool compares) {
  const TensorBuffer y = r.output(), a = r.input(), b = r.input();
  const int32_t f = r.choice(compares ? kComparisonCount : kBinaryCount);
  const std::vector<size_t> shape = r.shape();
  r.require(y, r.area(shape));
  const Strided<const float> left = read_operand(r, a, shape.size()),
                             right = read_operand(r, b, shape.size());
  if (compares) {
    compare(static_cast<Comparison>(f), shape, left, right, y.data, run);
  } else {
    binary(static_cast<Binary>(f), shape, left, right, y.data, run);
  }
}

void run_select(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), c = r.input(), a = r.input(), b = r.input();
  const std::vector<size_t> shape = r.shape();
  r.require(y, r.area(shape));
  const Strided<const float> condition = read_operand(r, c, shape.size()),
                             left = read_operand(r, a, shape.size());
  select(shape, condition, left, read_operand(r, b, shape.size()), y.data, run);
}

void run_strided(TensorReader& r, Run run, bool puts) {
  const TensorBuffer y = r.output(), x = r.input();
  const std::vector<size_t> shape = r.shape();
  const std::vector<ptrdiff_t> strides = r.strides(shape.size());
  const size_t offset = r.size();
  if (puts) {
    r.require(x, r.area(shape));
    std::memset(y.data, 0, y.size * sizeof(float));
    scatter(shape, x.data, {y.data, y.size, strides, offset}, run);
  } else {
    r.require(y, r.area(shape));
    gather(shape, {x.data, x.size, strides, offset}, y.data, run);
  }
}

void run_matmul(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), a = r.input(), b = r.input(), bias = r.optional_input();
  GemmOptions<float> options;
  options.transpose_a = r.flag();
  options.transpose_b = r.flag();
  const size_t m = r.size(), k = r.size(), n = r.size();
  const std::vector<size_t> shape = r.shape();
  const std::vector<ptrdiff_t> as = r.strides(shape.size()), bs = r.strides(shape.size());
  const size_t batch = r.area(shape);
  r.require(y, r.area({batch, m, n}));
  if (bias.data != nullptr) r.require(bias, n);
  options.bias = bias.data;
  options.cancel = run.cancel;
  // Many small products run side by side, large ones each on all threads; the bits are the same.
  const bool side_by_side = batch > 1 && m * n * k < (size_t{1} << 22);
  options.max_threads = side_by_side ? 1 : run.max_threads;
  const size_t a_size = r.area({m, k}), b_size = r.area({k, n});
  const auto multiply = [&](size_t i) {
    ptrdiff_t at = 0, bt = 0;
    size_t rest = i;
    for (size_t d = shape.size(); d-- > 0;) {
      const ptrdiff_t index = static_cast<ptrdiff_t>(rest % shape[d]);
      at += index * as[d];
      bt += index * bs[d];
      rest /= shape[d];
    }
    if (at < 0 || bt < 0 || static_cast<size_t>(at) + a_size > a.size ||
        static_cast<size_t>(bt) + b_size > b.size) {
      throw Error("ERR_SHAPE", "A matrix of a product lies outside its array.");
    }
    const MatrixView<const float> left = options.transpose_a ? dense_view<const float>(a.data + at, k, m)
                                                             : dense_view<const float>(a.data + at, m, k);
    const MatrixView<const float> right = options.transpose_b ? dense_view<const float>(b.data + bt, n, k)
                                                              : dense_view<const float>(b.data + bt, k, n);
    gemm<float>(left, right, dense_view(y.data + i * m * n, m, n), options);
  };
  if (side_by_side) {
    const Partition parts =
        partition_rows(batch, std::max<size_t>(1, (size_t{1} << 16) / (m * n * k + 1)), 256);
    run_tasks(parts.count(), run, [&](size_t part) {
      for (size_t i = parts.begin(part); i < parts.end(part); ++i) multiply(i);
    });
  } else {
    for (size_t i = 0; i < batch; ++i) multiply(i);
  }
}

Conv2dShape read_conv(TensorReader& r) {
  Conv2dShape s;
  for (size_t* field : {&s.batch, &s.in_h, &s.in_w, &s.in_channels, &s.out_channels, &s.kernel_h, &s.kernel_w,
                        &s.stride_h, &s.stride_w, &s.pad_top, &s.pad_bottom, &s.pad_left, &s.pad_right,
                        &s.dilation_h, &s.dilation_w, &s.groups}) {
    *field = r.size();
  }
  s.check();
  return s;
}

void run_conv(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), x = r.input(), w = r.input(), bias = r.optional_input();
  const Conv2dShape s = read_conv(r);
  r.require(x, s.input_size());
  r.require(w, s.weight_size());
  r.require(y, s.output_size());
  if (bias.data != nullptr) r.require(bias, s.out_channels);
  conv2d(s, x.data, w.data, bias.data, Unary::kIdentity, y.data, run);
}

void run_conv_gradient(TensorReader& r, Run run, bool of_input) {
  const TensorBuffer d = r.output(), other = r.input(), dy = r.input();
  const Conv2dShape s = read_conv(r);
  r.require(dy, s.output_size());
  r.require(d, of_input ? s.input_size() : s.weight_size());
  r.require(other, of_input ? s.weight_size() : s.input_size());
  if (of_input) {
    conv2d_input_gradient(s, dy.data, other.data, d.data, run);
  } else {
    conv2d_weight_gradient(s, other.data, dy.data, d.data, nullptr, run);
  }
}

Pool2dShape read_pool(TensorReader& r) {
  Pool2dShape s;
  for (size_t* field : {&s.batch, &s.in_h, &s.in_w, &s.channels, &s.kernel_h, &s.kernel_w, &s.stride_h,
                        &s.stride_w, &s.pad_top, &s.pad_bottom, &s.pad_left, &s.pad_right}) {
    *field = r.size();
  }
  s.ceil_mode = r.flag();
  s.count_include_pad = r.flag();
  s.check();
  return s;
}

void run_pool(TensorReader& r, Run run, bool max) {
  const TensorBuffer y = r.output(), x = r.input();
  const Pool2dShape s = read_pool(r);
  r.require(x, s.input_size());
  r.require(y, s.output_size());
  if (max) {
    max_pool2d(s, x.data, y.data, nullptr, run);
  } else {
    avg_pool2d(s, x.data, y.data, run);
  }
}

void run_pool_gradient(TensorReader& r, Run run, bool max) {
  const TensorBuffer dx = r.output(), x = max ? r.input() : TensorBuffer{nullptr, 0}, dy = r.input();
  const Pool2dShape s = read_pool(r);
  r.require(dx, s.input_size());
  r.require(dy, s.output_size());
  if (max) {
    // Found again rather than kept from the forward pass: reading the image once more is cheaper than the
    // memory.
    r.require(x, s.input_size());
    const AlignedBuffer<int32_t> at(s.output_size());
    const AlignedBuffer<float> y(s.output_size());
    max_pool2d(s, x.data, y.data(), at.data(), run);
    max_pool2d_gradient(s, dy.data, at.data(), dx.data, run);
  } else {
    avg_pool2d_gradient(s, dy.data, dx.data, run);
  }
}

void run_batch_statistics(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), x = r.input();
  const size_t rows = r.size(), channels = r.size();
  r.require(x, r.area({rows, channels}));
  r.require(y, r.area({2, channels}));
  batch_norm_statistics(rows, channels, x.data, y.data, y.data + channels, run);
}

void run_batch_norm(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), x = r.input(), statistics = r.input();
  const TensorBuffer gamma = r.optional_input(), beta = r.optional_input();
  const size_t rows = r.size(), channels = r.size();
  const float epsilon = r.number();
  r.require(x, r.area({rows, channels}));
  r.require(y, x.size);
  r.require(statistics, r.area({2, channels}));
  if (gamma.data != nullptr) r.require(gamma, channels);
  if (beta.data != nullptr) r.require(beta, channels);
  batch_norm(rows, channels, epsilon, statistics.data, statistics.data + channels, gamma.data, beta.data,
             x.data, y.data, run);
}

// y: dx [rows, channels], dgamma [channels], dbeta [channels]
void run_batch_norm_gradient(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), x = r.input(), statistics = r.input(), dy = r.input();
  const TensorBuffer gamma = r.optional_input();
  const size_t rows = r.size(), channels = r.size();
  const float epsilon = r.number();
  const bool fixed = r.flag();
  r.require(x, r.area({rows, channels}));
  r.require(dy, x.size);
  r.require(statistics, r.area({2, channels}));
  r.require(y, x.size + 2 * channels);
  if (gamma.data != nullptr) r.require(gamma, channels);
  batch_norm_gradient(rows, channels, epsilon, fixed, statistics.data, statistics.data + channels, gamma.data,
                      x.data, dy.data, y.data, y.data + x.size, y.data + x.size + channels, run);
}

// y: the values [rows, cols], then the statistics [rows, 2]
void run_layer_norm(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), x = r.input(), gamma = r.optional_input(), beta = r.optional_input();
  const size_t rows = r.size(), cols = r.size();
  const float epsilon = r.number();
  r.require(x, r.area({rows, cols}));
  r.require(y, x.size + r.area({rows, 2}));
  if (gamma.data != nullptr) r.require(gamma, cols);
  if (beta.data != nullptr) r.require(beta, cols);
  layer_norm(rows, cols, epsilon, gamma.data, beta.data, x.data, y.data, y.data + x.size, run);
}

// y: dx [rows, cols], dgamma [cols], dbeta [cols]
void run_layer_norm_gradient(TensorReader& r, Run run) {
  const TensorBuffer y = r.output(), x = r.input(), statistics = r.input(), dy = r.input();
  const TensorBuffer gamma = r.optional_input();
  const size_t rows = r.size(), cols = r.size();
  r.require(x, r.area({rows, cols}));
  r.require(dy, x.size);
  r.require(statistics, r.area({rows, 2}));
  r.require(y, x.size + 2 * cols);
  if (gamma.data != nullptr) r.require(gamma, cols);
  layer_norm_gradient(rows, cols, gamma.data, statistics.data, x.data, dy.data, y.data, y.data + x.size,
                      y.data + x.size + cols, run);
}

void run_op(TensorOp op, TensorReader& r, Run run) {
  switch (op) {
    case TensorOp::kUnary:
      return run_unary(r, run);
    case TensorOp::kBinary:
      return run_pair(r, run, false);
    case TensorOp::kCompare:
      return run_pair(r, run, true);
    case TensorOp::kSelect:
      return run_select(r, run);
    case TensorOp::kReduce:
      return tensor_reduce(r, run);
    case TensorOp::kArgReduce:
      return tensor_arg_reduce(r, run);
    case TensorOp::kCopyStrided:
      return run_strided(r, run, false);
    case TensorOp::kPutStrided:
      return run_strided(r, run, true);
    case TensorOp::kConcat:
      return tensor_concat(r, run);
    case TensorOp::kIndexSelect:
      return tensor_index_select(r, run);
    case TensorOp::kIndexAdd:
      return tensor_index_add(r, run);
    case TensorOp::kTakeAlong:
      return tensor_take_along(r, run);
    case TensorOp::kAddAlong:
      return tensor_add_along(r, run);
    case TensorOp::kMatmul:
      return run_matmul(r, run);
    case TensorOp::kConv2d:
      return run_conv(r, run);
    case TensorOp::kConv2dInputGradient:
      return run_conv_gradient(r, run, true);
    case TensorOp::kConv2dWeightGradient:
      return run_conv_gradient(r, run, false);
    case TensorOp::kMaxPool:
      return run_pool(r, run, true);
    case TensorOp::kMaxPoolGradient:
      return run_pool_gradient(r, run, true);
    case TensorOp::kAvgPool:
      return run_pool(r, run, false);
    case TensorOp::kAvgPoolGradient:
      return run_pool_gradient(r, run, false);
    case TensorOp::kBatchStatistics:
      return run_batch_statistics(r, run);
    case TensorOp::kBatchNorm:
      return run_batch_norm(r, run);
    case TensorOp::kBatchNormGradient:
      return run_batch_norm_gradient(r, run);
    case TensorOp::kLayerNorm:
      return run_layer_norm(r, run);
    case TensorOp::kLayerNormGradient:
      return run_layer_norm_gradient(r, run);
    case TensorOp::kSoftmax:
      return tensor_softmax(r, run);
    case TensorOp::kRandom:
      return tensor_random(r, run);
    case TensorOp::kFill:
      return tensor_fill(r, run);
    case TensorOp::kActivate:
      return tensor_activate(r, run);
    case TensorOp::kActivateGradient:
      return tensor_activate_gradient(r, run);
    case TensorOp::kDropout:
      return tensor_dropout(r, run);
    case TensorOp::kUpdate:
      return tensor_update(r, run);
  }
}

}  // namespace

void run_tensor_program(Span<int32_t> program, const std::vector<TensorBuffer>& buffers,
                        const RunOptions& options) {
  for (size_t at = 0; at < program.size;) {
    if (program.size - at < 2) throw Error("ERR_PLAN", "A tensor program ends within an op.");
    const int32_t code = program[at], words = program[at + 1];
    at += 2;
    if (code < 0 || code >= kTensorOpCount) {
      throw Error("ERR_PLAN", "There is no tensor op " + std::to_string(code) + ".");
    }
    if (words < 0 || static_cast<size_t>(words) > program.size - at) {
      throw Error("ERR_PLAN", "A tensor program ends within an op.");
    }
    check_cancel(options.cancel);
    TensorReader reader({program.data + at, static_cast<size_t>(words)}, buffers);
    run_op(static_cast<TensorOp>(code), reader, options);
    reader.finish();
    at += static_cast<size_t>(words);
  }
}

}  // namespace nn
}  // namespace boreal
