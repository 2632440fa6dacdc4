#include "nn/tensor_ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "base/aligned_buffer.h"
#include "base/rng.h"
#include "base/thread_scratch.h"
#include "kernels/dispatch.h"
#include "linalg/blocks.h"
#include "nn/optimizer.h"

namespace boreal {
namespace nn {
namespace {

constexpr size_t kTaskElements = 16 << 10;

struct UpdateGradient;  // the scratch of a thread

// body(begin, count) over parts of n elements.
template <typename Body>
void each_run(size_t n, const RunOptions& run, const Body& body) {
  const Partition parts{n, kTaskElements};
  run_tasks(parts.count(), run,
            [&](size_t part) { body(parts.begin(part), parts.end(part) - parts.begin(part)); });
}

// The extents of an op along an axis, and its indices as they are used.
struct Along {
  TensorBuffer y, x, index;
  size_t outer, axis, count, inner;
};

Along read_along(TensorReader& r) {
  Along along;
  along.y = r.output();
  along.x = r.input();
  along.index = r.input();
  along.outer = r.size();
  along.axis = r.size();
  along.count = r.size();
  along.inner = r.size();
  return along;
}

size_t to_index(float value, size_t axis) {
  if (!(value >= 0.0f && value < static_cast<float>(axis)) || value != std::floor(value)) {
    throw Error("ERR_SHAPE",
                "An index is not a whole number from 0 to " + std::to_string(axis) + ", exclusive.");
  }
  return static_cast<size_t>(value);
}

std::vector<size_t> to_indices(const TensorBuffer& index, size_t axis) {
  std::vector<size_t> out(index.size);
  for (size_t i = 0; i < index.size; ++i) out[i] = to_index(index.data[i], axis);
  return out;
}

// tasks of several of `count` things of `cost` elements each
template <typename Body>
void each_thing(size_t count, size_t cost, const RunOptions& run, const Body& body) {
  const Partition parts{count, std::max<size_t>(1, kTaskElements / std::max<size_t>(1, cost))};
  run_tasks(parts.count(), run, [&](size_t part) {
    for (size_t i = parts.begin(part); i < parts.end(part); ++i) body(i);
  });
}

RunOptions alone(const RunOptions& run) { return {1, run.cancel}; }

}  // namespace

void tensor_reduce(TensorReader& r, const RunOptions& run) {
  const TensorBuffer y = r.output(), x = r.input();
  const Reduction f = static_cast<Reduction>(r.choice(kReductionCount));
  const size_t outer = r.size(), count = r.size(), inner = r.size();
  const double ddof = static_cast<double>(r.number());
  r.require(x, r.area({outer, count, inner}));
  r.require(y, r.area({outer, inner}));
  if (inner == 1) {
    reduce<float>(f, Axis::kCols, dense_view<const float>(x.data, outer, count), ddof, y.data, run);
  } else if (outer == 1) {
    reduce<float>(f, Axis::kRows, dense_view<const float>(x.data, count, inner), ddof, y.data, run);
  } else {
    each_thing(outer, count * inner, run, [&](size_t i) {
      reduce<float>(f, Axis::kRows, dense_view<const float>(x.data + i * count * inner, count, inner), ddof,
                    y.data + i * inner, alone(run));
    });
  }
}

void tensor_arg_reduce(TensorReader& r, const RunOptions& run) {
  const TensorBuffer y = r.output(), x = r.input();
  const bool largest = r.flag();
  const size_t outer = r.size(), count = r.size(), inner = r.size();
  r.require(x, r.area({outer, count, inner}));
  r.require(y, r.area({outer, inner}));
  std::vector<int64_t> at(y.size);
  if (inner == 1) {
    arg_reduce<float>(largest, Axis::kCols, dense_view<const float>(x.data, outer, count), at.data(), run);
  } else {
    each_thing(outer, count * inner, run, [&](size_t i) {
      arg_reduce<float>(largest, Axis::kRows,
                        dense_view<const float>(x.data + i * count * inner, count, inner),
                        at.data() + i * inner, alone(run));
    });
  }
  for (size_t i = 0; i < at.size(); ++i) y.data[i] = static_cast<float>(at[i]);
}

void tensor_softmax(TensorReader& r, const RunOptions& run) {
  const TensorBuffer y = r.output(), x = r.input();
  const bool log = r.flag();
  const size_t outer = r.size(), count = r.size(), inner = r.size();
  r.require(x, r.area({outer, count, inner}));
  r.require(y, x.size);
  const auto apply = [&](Axis axis, size_t from, size_t rows, size_t cols, const RunOptions& options) {
    const MatrixView<const float> in = dense_view<const float>(x.data + from, rows, cols);
    const MatrixView<float> out = dense_view(y.data + from, rows, cols);
    if (log) {
      log_softmax<float>(in, axis, out, options);
    } else {
      softmax<float>(in, axis, out, options);
    }
  };
  if (inner == 1) return apply(Axis::kCols, 0, outer, count, run);
  each_thing(outer, count * inner, run,
             [&](size_t i) { apply(Axis::kRows, i * count * inner, count, inner, alone(run)); });
}

void tensor_concat(TensorReader& r, const RunOptions& run) {
  const TensorBuffer y = r.output();
  const size_t count = r.left() / 2;
  std::vector<TensorBuffer> parts;
  std::vector<size_t> lengths, offsets;
  size_t width = 0;
  for (size_t i = 0; i < count; ++i) parts.push_back(r.input());
  const size_t outer = r.size();
  for (size_t i = 0; i < count; ++i) {
    lengths.push_back(r.size());
    offsets.push_back(width);
    r.require(parts[i], r.area({outer, lengths[i]}));
    width += lengths[i];
  }
  r.require(y, r.area({outer, width}));
  each_thing(outer, width, run, [&](size_t i) {
    for (size_t p = 0; p < count; ++p) {
      if (lengths[p] == 0) continue;
      std::memcpy(y.data + i * width + offsets[p], parts[p].data + i * lengths[p],
                  lengths[p] * sizeof(float));
    }
  });
}

void tensor_index_select(TensorReader& r, const RunOptions& run) {
  const Along a = read_along(r);
  r.require(a.x, r.area({a.outer, a.axis, a.inner}));
  r.require(a.y, r.area({a.outer, a.count, a.inner}));
  r.require(a.index, a.count);
  const std::vector<size_t> index = to_indices(a.index, a.axis);
  each_thing(a.outer * a.count, a.inner, run, [&](size_t i) {
    std::memcpy(a.y.data + i * a.inner, a.x.data + (i / a.count * a.axis + index[i % a.count]) * a.inner,
                a.inner * sizeof(float));
  });
}

void tensor_index_add(TensorReader& r, const RunOptions& run) {
  const Along a = read_along(r);  // x: dy
  r.require(a.y, r.area({a.outer, a.axis, a.inner}));
  r.require(a.x, r.area({a.outer, a.count, a.inner}));
  r.require(a.index, a.count);
  const std::vector<size_t> index = to_indices(a.index, a.axis);
  // Parts of the axis, each of which reads all indices: the order of sums is that of the indices.
  const size_t least = std::max<size_t>(1, kTaskElements / std::max<size_t>(1, a.inner));
  const Partition parts = partition_rows(a.axis, least, 16);
  run_tasks(a.outer * parts.count(), run, [&](size_t task) {
    const size_t outer = task / parts.count(), part = task % parts.count();
    const size_t begin = parts.begin(part), end = parts.end(part);
    float* const to = a.y.data + outer * a.axis * a.inner;
    std::memset(to + begin * a.inner, 0, (end - begin) * a.inner * sizeof(float));
    for (size_t i = 0; i < a.count; ++i) {
      if (index[i] < begin || index[i] >= end) continue;
      const float* from = a.x.data + (outer * a.count + i) * a.inner;
      float* row = to + index[i] * a.inner;
      for (size_t j = 0; j < a.inner; ++j) row[j] += from[j];
    }
  });
}

void tensor_take_along(TensorReader& r, const RunOptions& run) {
  const Along a = read_along(r);
  r.require(a.x, r.area({a.outer, a.axis, a.inner}));
  r.require(a.y, r.area({a.outer, a.count, a.inner}));
  r.require(a.index, a.y.size);
  each_thing(a.outer * a.count, a.inner, run, [&](size_t i) {
    for (size_t j = 0; j < a.inner; ++j) {
      const size_t k = to_index(a.index.data[i * a.inner + j], a.axis);
      a.y.data[i * a.inner + j] = a.x.data[(i / a.count * a.axis + k) * a.inner + j];
    }
  });
}

void tensor_add_along(TensorReader& r, const RunOptions& run) {
  const Along a = read_along(r);  // x: dy
  r.require(a.y, r.area({a.outer, a.axis, a.inner}));
  r.require(a.x, r.area({a.outer, a.count, a.inner}));
  r.require(a.index, a.x.size);
  each_thing(a.outer, (a.axis + a.count) * a.inner, run, [&](size_t outer) {
    float* const to = a.y.data + outer * a.axis * a.inner;
    std::memset(to, 0, a.axis * a.inner * sizeof(float));
    for (size_t i = outer * a.count; i < (outer + 1) * a.count; ++i) {
      for (size_t j = 0; j < a.inner; ++j) {
        to[to_index(a.index.data[i * a.inner + j], a.axis) * a.inner + j] += a.x.data[i * a.inner + j];
      }
    }
  });
}

void tensor_fill(TensorReader& r, const RunOptions&) {
  const TensorBuffer y = r.output();
  std::fill(y.data, y.data + y.size, r.number());
}

void tensor_random(TensorReader& r, const RunOptions& run) {
  const TensorBuffer y = r.output();
  const bool normal = r.flag();
  const uint64_t key = r.key();
  const double a = static_cast<double>(r.number()), b = static_cast<double>(r.number());
  each_run(y.size, run, [&](size_t begin, size_t count) {
    Rng rng(key, begin);
    for (size_t i = 0; i < count; ++i) {
      if (!normal) {
        y.data[begin + i] = static_cast<float>(a + (b - a) * rng.uniform());
        continue;
      }
      // The polar method (Marsaglia & Bray, 1964); its second number is not kept, so that a value needs no
      // state.
      double u, s;
      do {
        u = 2 * rng.uniform() - 1;
        const double v = 2 * rng.uniform() - 1;
        s = u * u + v * v;
      } while (s >= 1 || s == 0);
      y.data[begin + i] = static_cast<float>(a + b * u * std::sqrt(-2 * std::log(s) / s));
    }
  });
}

void tensor_dropout(TensorReader& r, const RunOptions& run) {
  const TensorBuffer y = r.output(), x = r.input();
  const uint64_t key = r.key();
  const double rate = r.real();
  r.require(x, y.size);
  if (!(rate >= 0 && rate < 1)) throw Error("ERR_PARAMETER", "The rate of dropout must be in [0, 1).");
  const uint32_t threshold = static_cast<uint32_t>(rate * 4294967296.0);
  const float scale = static_cast<float>(1 / (1 - rate));
  const auto kernel = kernels().neural.dropout;
  each_run(y.size, run, [&](size_t begin, size_t count) {
    kernel(key, begin, threshold, scale, x.data + begin, y.data + begin, count);
  });
}

void tensor_activate(TensorReader& r, const RunOptions& run) {
  const TensorBuffer y = r.output(), x = r.input();
  const Activation f = static_cast<Activation>(r.choice(static_cast<int32_t>(Activation::kSoftmax)));
  const float a = r.number();
  r.require(x, y.size);
  const auto kernel = kernels().neural.activate;
  each_run(y.size, run,
           [&](size_t begin, size_t count) { kernel(f, a, x.data + begin, y.data + begin, count); });
}

void tensor_activate_gradient(TensorReader& r, const RunOptions& run) {
  const TensorBuffer dx = r.output(), x = r.input(), y = r.input(), dy = r.input();
  const Activation f = static_cast<Activation>(r.choice(static_cast<int32_t>(Activation::kSoftmax)));
  const float a = r.number();
  for (const TensorBuffer& operand : {x, y, dy}) r.require(operand, dx.size);
  const auto kernel = kernels().neural.activate_back;
  each_run(dx.size, run, [&](size_t begin, size_t count) {
    kernel(f, a, x.data + begin, y.data + begin, dy.data + begin, dx.data + begin, count);
  });
}

void tensor_update(TensorReader& r, const RunOptions& run) {
  const TensorBuffer w = r.output();
  TensorBuffer state[3];
  for (TensorBuffer& s : state) s = r.optional_output();
  const TensorBuffer g = r.input();
  Optimizer optimizer;
  optimizer.kind = static_cast<OptimizerKind>(r.choice(kOptimizerCount));
  optimizer.momentum = r.real();
  optimizer.dampening = r.real();
  optimizer.nesterov = r.flag();
  optimizer.rate_in_velocity = false;
  optimizer.rho = r.real();
  optimizer.centred = r.flag();
  optimizer.beta1 = r.real();
  optimizer.beta2 = r.real();
  optimizer.amsgrad = r.flag();
  optimizer.epsilon = r.real();
  optimizer.epsilon_hat = false;
  optimizer.weight_decay = r.real();
  const float l2 = static_cast<float>(r.real() / 2);  // PyTorch's weight_decay: added to the gradient
  const bool maximize = r.flag();
  const double rate = r.real();
  const uint64_t step = r.key();
  optimizer.check();
  r.require(g, w.size);
  UpdateTask whole = optimizer.task(rate, step);
  float** const places[3] = {&whole.s0, &whole.s1, &whole.s2};
  for (size_t k = 0; k < optimizer.slots(); ++k) {
    r.require(state[k], w.size);
    *places[optimizer.slot(k)] = state[k].data;
  }
  const NeuralKernels& neural = kernels().neural;
  each_run(w.size, run, [&](size_t begin, size_t count) {
    UpdateTask task = whole;
    task.n = count;
    task.w = w.data + begin;
    task.g = g.data + begin;
    for (float** place : {&task.s0, &task.s1, &task.s2}) {
      if (*place != nullptr) *place += begin;
    }
    const ThreadScratch<UpdateGradient> scratch(l2 != 0.0f || maximize ? count * sizeof(float) : 0,
                                                size_t{1} << 20);
    if (l2 != 0.0f || maximize) {
      float* const changed = reinterpret_cast<float*>(scratch.data());
      neural.scale(maximize ? -1.0f : 1.0f, task.g, changed, count);
      if (l2 != 0.0f) neural.penalize(0, l2, task.w, changed, count);
      task.g = changed;
    }
    neural.update(task);
  });
}

}  // namespace nn
}  // namespace boreal
