// The layers of native/nn against loops that follow their definitions in float64, at one thread and at all.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "nn/conv2d.h"
#include "nn/embedding.h"
#include "nn/normalize.h"
#include "nn/packed_conv2d.h"
#include "nn/pool.h"
#include "test/linalg_support.h"
#include "test/tolerance.h"

namespace boreal {
namespace test {
namespace {

using nn::Conv2dShape;
using nn::Pool2dShape;
using Values = std::vector<float>;

// A sum and the sizes of its terms, from which dot_bound comes.
struct Sums {
  explicit Sums(size_t n) : value(n, 0.0), size(n, 0.0), terms(n, 0) {}
  void add(size_t i, double term) {
    value[i] += term;
    size[i] += std::fabs(term);
    ++terms[i];
  }
  size_t count_wrong(const Values& actual) const {
    size_t wrong = actual.size() != value.size();
    for (size_t i = 0; i < value.size(); ++i) {
      wrong +=
          !(std::fabs(static_cast<double>(actual[i]) - value[i]) <= dot_bound<float>(terms[i] + 1, size[i]));
    }
    return wrong;
  }
  std::vector<double> value, size;
  std::vector<size_t> terms;
};

// body(threads): results of one thread, then of all, must agree bit for bit.
template <typename Run>
Values same_at_any_threads(const Run& run) {
  RunOptions one, all;
  one.max_threads = 1;
  const Values a = run(one), b = run(all);
  size_t differing = a.size() != b.size();
  for (size_t i = 0; i < a.size(); ++i) differing += !same_bits(a[i], b[i]);
  CHECK(differing == 0);
  return b;
}

// visit(position in x, in w, in y) of every product of a convolution.
template <typename Visit>
void each_product(const Conv2dShape& s, const Visit& visit) {
  for (size_t b = 0; b < s.batch; ++b)
    for (size_t oy = 0; oy < s.out_h(); ++oy)
      for (size_t ox = 0; ox < s.out_w(); ++ox)
        for (size_t kh = 0; kh < s.kernel_h; ++kh)
          for (size_t kw = 0; kw < s.kernel_w; ++kw) {
            const ptrdiff_t iy = static_cast<ptrdiff_t>(oy * s.stride_h + kh * s.dilation_h) -
                                 static_cast<ptrdiff_t>(s.pad_top);
            const ptrdiff_t ix = static_cast<ptrdiff_t>(ox * s.stride_w + kw * s.dilation_w) -
                                 static_cast<ptrdiff_t>(s.pad_left);
            if (iy < 0 || ix < 0 || iy >= static_cast<ptrdiff_t>(s.in_h) ||
                ix >= static_cast<ptrdiff_t>(s.in_w))
              continue;
            for (size_t o = 0; o < s.out_channels; ++o)
              for (size_t c = 0; c < s.group_in(); ++c) {
                const size_t group = o / s.group_out();
                visit(((b * s.in_h + static_cast<size_t>(iy)) * s.in_w + static_cast<size_t>(ix)) *
                              s.in_channels +
                          group * s.group_in() + c,
                      ((kh * s.kernel_w + kw) * s.group_in() + c) * s.out_channels + o,
                      ((b * s.out_h() + oy) * s.out_w() + ox) * s.out_channels + o);
              }
          }
}

void check_conv(const Conv2dShape& s) {
  CAPTURE(s.batch);
  CAPTURE(s.in_h);
  CAPTURE(s.in_w);
  CAPTURE(s.in_channels);
  CAPTURE(s.out_channels);
  CAPTURE(s.kernel_h);
  CAPTURE(s.stride_h);
  CAPTURE(s.groups);
  s.check();
  const Values x = normal_values<float>(s.input_size(), 1), w = normal_values<float>(s.weight_size(), 2);
  const Values dy = normal_values<float>(s.output_size(), 3), bias = normal_values<float>(s.out_channels, 4);
  Sums y(s.output_size()), dx(s.input_size()), dw(s.weight_size()), db(s.out_channels);
  for (size_t i = 0; i < dy.size(); ++i) {
    y.add(i, static_cast<double>(bias[i % s.out_channels]));
    db.add(i % s.out_channels, static_cast<double>(dy[i]));
  }
  each_product(s, [&](size_t i, size_t j, size_t k) {
    y.add(k, static_cast<double>(x[i]) * static_cast<double>(w[j]));
    dx.add(i, static_cast<double>(dy[k]) * static_cast<double>(w[j]));
    dw.add(j, static_cast<double>(dy[k]) * static_cast<double>(x[i]));
  });
  CHECK(y.count_wrong(same_at_any_threads([&](const RunOptions& run) {
    Values out(s.output_size());
    nn::conv2d(s, x.data(), w.data(), bias.data(), Unary::kIdentity, out.data(), run);
    return out;
  })) == 0);
  const Values rectified = same_at_any_threads([&](const RunOptions& run) {
    Values out(s.output_size());
    nn::conv2d(s, x.data(), w.data(), nullptr, Unary::kRelu, out.data(), run);
    return out;
  });
  CHECK(*std::min_element(rectified.begin(), rectified.end()) >= 0.0f);
  CHECK(dx.count_wrong(same_at_any_threads([&](const RunOptions& run) {
    Values out(s.input_size(), 7.0f);
    nn::conv2d_input_gradient(s, dy.data(), w.data(), out.data(), run);
    return out;
  })) == 0);
  Values bias_gradient(s.out_channels);
  CHECK(dw.count_wrong(same_at_any_threads([&](const RunOptions& run) {
    Values out(s.weight_size(), 7.0f);
    nn::conv2d_weight_gradient(s, x.data(), dy.data(), out.data(), bias_gradient.data(), run);
    return out;
  })) == 0);
  CHECK(db.count_wrong(bias_gradient) == 0);
  // An image's result does not depend on the others.
  Conv2dShape alone = s;
  alone.batch = 1;
  Values whole(s.output_size()), last(alone.output_size());
  nn::conv2d(s, x.data(), w.data(), bias.data(), Unary::kIdentity, whole.data());
  nn::conv2d(alone, x.data() + (s.batch - 1) * alone.input_size(), w.data(), bias.data(), Unary::kIdentity,
             last.data());
  size_t differing = 0;
  for (size_t i = 0; i < last.size(); ++i) {
    differing += !same_bits(last[i], whole[(s.batch - 1) * last.size() + i]);
  }
  CHECK(differing == 0);
}

Conv2dShape conv(size_t batch, size_t h, size_t w, size_t in, size_t out, size_t kernel, size_t stride = 1,
                 size_t pad = 0, size_t dilation = 1, size_t groups = 1) {
  Conv2dShape s;
  s.batch = batch;
  s.in_h = h;
  s.in_w = w;
  s.in_channels = in;
  s.out_channels = out;
  s.kernel_h = s.kernel_w = kernel;
  s.stride_h = s.stride_w = stride;
  s.pad_top = s.pad_bottom = s.pad_left = s.pad_right = pad;
  s.dilation_h = s.dilation_w = dilation;
  s.groups = groups;
  return s;
}

Pool2dShape pool(size_t h, size_t w, size_t channels, size_t kernel, size_t stride, size_t pad = 0,
                 bool ceil_mode = false, bool include = false) {
  Pool2dShape s;
  s.batch = 3;
  s.in_h = h;
  s.in_w = w;
  s.channels = channels;
  s.kernel_h = s.kernel_w = kernel;
  s.stride_h = s.stride_w = stride;
  s.pad_top = s.pad_bottom = s.pad_left = s.pad_right = pad;
  s.ceil_mode = ceil_mode;
  s.count_include_pad = include;
  return s;
}

// visit(position in x, in y, places with padding, places without) of each place of each window.
template <typename Visit>
void each_place(const Pool2dShape& s, const Visit& visit) {
  const auto range = [](size_t o, size_t in, size_t k, size_t stride, size_t pad) {
    const ptrdiff_t begin = static_cast<ptrdiff_t>(o * stride) - static_cast<ptrdiff_t>(pad);
    const ptrdiff_t end = std::min(begin + static_cast<ptrdiff_t>(k), static_cast<ptrdiff_t>(in + pad));
    return std::make_pair(begin, end);
  };
  for (size_t b = 0; b < s.batch; ++b)
    for (size_t oy = 0; oy < s.out_h(); ++oy)
      for (size_t ox = 0; ox < s.out_w(); ++ox) {
        const auto rows = range(oy, s.in_h, s.kernel_h, s.stride_h, s.pad_top);
        const auto cols = range(ox, s.in_w, s.kernel_w, s.stride_w, s.pad_left);
        const auto inside = [](std::pair<ptrdiff_t, ptrdiff_t> r, size_t in) {
          return std::min(r.second, static_cast<ptrdiff_t>(in)) - std::max<ptrdiff_t>(r.first, 0);
        };
        const double with = static_cast<double>((rows.second - rows.first) * (cols.second - cols.first));
        const double without = static_cast<double>(inside(rows, s.in_h) * inside(cols, s.in_w));
        for (ptrdiff_t i = std::max<ptrdiff_t>(0, rows.first);
             i < std::min(rows.second, static_cast<ptrdiff_t>(s.in_h)); ++i)
          for (ptrdiff_t j = std::max<ptrdiff_t>(0, cols.first);
               j < std::min(cols.second, static_cast<ptrdiff_t>(s.in_w)); ++j)
            for (size_t c = 0; c < s.channels; ++c) {
              visit(
                  ((b * s.in_h + static_cast<size_t>(i)) * s.in_w + static_cast<size_t>(j)) * s.channels + c,
                  ((b * s.out_h() + oy) * s.out_w() + ox) * s.channels + c, with, without);
            }
      }
}

template <typename Run>
std::string code_of(const Run& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

}  // namespace

TEST_CASE("conv2d and its gradients: kernels, strides, padding, dilation, groups") {
  check_conv(conv(2, 5, 6, 3, 4, 3));
  check_conv(conv(3, 9, 7, 2, 5, 3, 2, 1));
  check_conv(conv(1, 8, 8, 4, 6, 3, 1, 2, 2));
  check_conv(conv(2, 6, 6, 5, 7, 1));  // pointwise: nothing is copied
  check_conv(conv(2, 7, 7, 5, 3, 1, 2));
  check_conv(conv(2, 6, 5, 4, 6, 3, 1, 1, 1, 2));  // groups
  check_conv(conv(2, 9, 8, 6, 6, 3, 2, 1, 1, 6));  // depthwise
  check_conv(conv(2, 9, 8, 6, 6, 3, 1, 2, 2, 6));
  check_conv(conv(2, 5, 5, 3, 6, 3, 1, 1, 1, 3));  // depthwise with a multiplier
  check_conv(conv(1, 4, 4, 1, 1, 4));
  check_conv(conv(2, 3, 3, 1, 2, 5, 1, 4));     // more padding than image
  check_conv(conv(9, 28, 28, 1, 8, 5, 1, 2));   // several blocks and parts
  check_conv(conv(2, 3, 300, 64, 8, 3, 1, 1));  // a row in several blocks
  check_conv(conv(2, 14, 14, 6, 70, 3, 1, 1));  // several panels of filters, the last one partly filled
  check_conv(conv(1, 9, 9, 8, 40, 3, 1, 1, 1, 2));
  check_conv(conv(1, 7, 7, 64, 300, 3, 1, 1));  // blocks of filters
  check_conv(conv(1, 9, 9, 512, 3, 3, 2, 1));   // pixels that would meet in one set of a cache
  Conv2dShape odd = conv(2, 7, 9, 3, 4, 1);
  odd.kernel_h = 2;
  odd.kernel_w = 3;
  odd.stride_h = 2;
  odd.pad_top = 1;
  odd.pad_right = 2;
  check_conv(odd);
}

TEST_CASE("conv2d: padding and dilation that reach far take no memory") {
  for (const size_t groups : {size_t{1}, size_t{3}}) {
    // 2 x 2 taps, so far apart that none of them meets the image of 4 x 4.
    Conv2dShape s = conv(1, 4, 4, 3, 3, 2, 1, size_t{1} << 17, size_t{1} << 18, groups);
    REQUIRE(s.out_w() == 4);
    const Values x = normal_values<float>(s.input_size(), 8), w = normal_values<float>(s.weight_size(), 9);
    const Values bias{1, 2, 3};
    Values y(s.output_size());
    nn::conv2d(s, x.data(), w.data(), bias.data(), Unary::kIdentity, y.data());
    for (size_t i = 0; i < y.size(); ++i) CHECK(y[i] == bias[i % 3]);
  }
}

TEST_CASE("conv2d by Winograd's products: errors, padding, images apart, any number of threads") {
  for (const Conv2dShape& s : {conv(2, 8, 8, 32, 40, 3, 1, 1), conv(1, 9, 11, 33, 32, 3, 1, 1),
                               conv(3, 7, 7, 64, 70, 3, 1, 1), conv(2, 10, 6, 48, 24, 3, 1, 0),
                               conv(1, 30, 29, 32, 32, 3, 1, 2), conv(1, 8, 8, 128, 300, 3, 1, 1)}) {
    CAPTURE(s.in_h);
    CAPTURE(s.in_channels);
    CAPTURE(s.out_channels);
    REQUIRE(nn::Winograd::pays(s));
    const Values x = normal_values<float>(s.input_size(), 5), w = normal_values<float>(s.weight_size(), 6);
    const Values bias = normal_values<float>(s.out_channels, 7);
    std::vector<double> y(s.output_size()), of_filter(s.out_channels);
    for (size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(bias[i % s.out_channels]);
    each_product(s, [&](size_t i, size_t j, size_t k) {
      y[k] += static_cast<double>(x[i]) * static_cast<double>(w[j]);
    });
    for (size_t j = 0; j < w.size(); ++j)
      of_filter[j % s.out_channels] += std::fabs(static_cast<double>(w[j]));
    const auto result = [&](nn::PackedConv2d::Arithmetic arithmetic, Unary activation) {
      const nn::PackedConv2d packed(s, w.data(), bias.data(), activation, arithmetic, kernels());
      return same_at_any_threads([&](const RunOptions& run) {
        Values out(s.output_size(), 7.0f);
        packed.run(s.batch, x.data(), out.data(), run);
        // Each image alone, the last one first.
        for (size_t image = s.batch; image-- > 0;) {
          const size_t in = s.input_size() / s.batch, size = s.output_size() / s.batch;
          Values alone(size);
          packed.run(1, x.data() + image * in, alone.data(), run);
          CHECK(std::equal(alone.begin(), alone.end(), out.begin() + static_cast<ptrdiff_t>(image * size)));
        }
        return out;
      });
    };
    const Values fast = result(nn::PackedConv2d::Arithmetic::kFast, Unary::kIdentity);
    const Values plain = result(nn::PackedConv2d::Arithmetic::kPlain, Unary::kIdentity);
    const double largest = std::fabs(static_cast<double>(
        *std::max_element(x.begin(), x.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); })));
    double fast_error = 0, plain_error = 0;
    size_t wrong = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      // Nine sums over the channels, of values that are four pixels and of weights that are at most all nine
      // together.
      const double most = 9 * 4 * largest * of_filter[i % s.out_channels];
      const double error = static_cast<double>(fast[i]) - y[i];
      wrong += !(std::fabs(error) <= static_cast<double>(s.in_channels + 16) * 0x1p-24 * most);
      fast_error += error * error;
      plain_error += (static_cast<double>(plain[i]) - y[i]) * (static_cast<double>(plain[i]) - y[i]);
    }
    CHECK(wrong == 0);
    CHECK(fast_error <= 9 * plain_error);
    Values rectified = fast;
    for (float& value : rectified) value = std::max(value, 0.0f);
    CHECK(result(nn::PackedConv2d::Arithmetic::kFast, Unary::kRelu) == rectified);
  }
  CHECK(!nn::Winograd::pays(conv(1, 8, 8, 32, 40, 3, 2, 1)));
  CHECK(!nn::Winograd::pays(conv(1, 8, 8, 32, 40, 5, 1, 2)));
  CHECK(!nn::Winograd::pays(conv(1, 8, 8, 32, 40, 3, 1, 1, 1, 2)));
  CHECK(!nn::Winograd::pays(conv(1, 8, 8, 8, 256, 3, 1, 1)));
  CHECK(!nn::Winograd::pays(conv(1, 3, 3, 64, 64, 3, 1, 1)));  // tiles that mostly hang over
}

TEST_CASE("conv2d: same padding, and shapes that cannot be") {
  for (size_t stride : {1, 2, 3}) {
    for (size_t kernel : {1, 2, 3, 4}) {
      Conv2dShape s = conv(1, 7, 10, 1, 1, kernel, stride);
      s.pad_same();
      CHECK(s.out_h() == (7 + stride - 1) / stride);
      CHECK(s.out_w() == (10 + stride - 1) / stride);
      CHECK(s.pad_bottom - s.pad_top <= 1);
    }
  }
  CHECK(code_of([] { conv(1, 4, 4, 1, 1, 5).check(); }) == "ERR_SHAPE");
  CHECK(code_of([] { conv(1, 4, 4, 3, 4, 3, 1, 0, 1, 2).check(); }) == "ERR_SHAPE");
  CHECK(code_of([] { conv(0, 4, 4, 1, 1, 3).check(); }) == "ERR_SHAPE");
  CHECK(code_of([] { conv(1, 4, 4, 1, 1, 3, 0).check(); }) == "ERR_SHAPE");
  CHECK(code_of([] { conv(size_t{1} << 30, 1 << 20, 1 << 20, 1, 1, 3).check(); }) == "ERR_SHAPE");
  CHECK(code_of([] { conv(1, 4, 4, 1, 1, 3, 1, size_t{1} << 63).check(); }) == "ERR_SHAPE");
}

TEST_CASE("max and mean pooling and their gradients") {
  for (const Pool2dShape& s :
       {pool(4, 6, 3, 2, 2), pool(7, 5, 2, 3, 2, 1), pool(8, 8, 4, 3, 1), pool(7, 8, 2, 3, 2, 1, true),
        pool(6, 7, 1, 3, 2, 1, true, true), pool(5, 5, 17, 2, 2, 0, true), pool(2, 3, 5, 7, 2, 6),
        pool(30, 40, 9, 3, 2, 1, false, true)}) {
    CAPTURE(s.in_h);
    CAPTURE(s.in_w);
    CAPTURE(s.kernel_h);
    s.check();
    const Values x = normal_values<float>(s.input_size(), 1), dy = normal_values<float>(s.output_size(), 2);
    Sums mean(s.output_size()), dmean(s.input_size()), dmax(s.input_size());
    std::vector<double> most(s.output_size(), -std::numeric_limits<double>::infinity());
    std::vector<size_t> from(s.output_size(), 0);
    each_place(s, [&](size_t i, size_t k, double with, double without) {
      const double count = s.count_include_pad ? with : without;
      mean.add(k, static_cast<double>(x[i]) / count);
      dmean.add(i, static_cast<double>(dy[k]) / count);
      if (static_cast<double>(x[i]) > most[k]) {
        most[k] = static_cast<double>(x[i]);
        from[k] = i;
      }
    });
    for (size_t k = 0; k < dy.size(); ++k) dmax.add(from[k], static_cast<double>(dy[k]));
    CHECK(mean.count_wrong(same_at_any_threads([&](const RunOptions& run) {
      Values out(s.output_size());
      nn::avg_pool2d(s, x.data(), out.data(), run);
      return out;
    })) == 0);
    CHECK(dmean.count_wrong(same_at_any_threads([&](const RunOptions& run) {
      Values out(s.input_size(), 7.0f);
      nn::avg_pool2d_gradient(s, dy.data(), out.data(), run);
      return out;
    })) == 0);
    std::vector<int32_t> at(s.output_size());
    const Values best = same_at_any_threads([&](const RunOptions& run) {
      Values out(s.output_size());
      nn::max_pool2d(s, x.data(), out.data(), at.data(), run);
      return out;
    });
    size_t wrong = 0;
    for (size_t k = 0; k < best.size(); ++k) wrong += static_cast<double>(best[k]) != most[k];
    CHECK(wrong == 0);
    Values without(s.output_size());
    nn::max_pool2d(s, x.data(), without.data(), nullptr);
    CHECK(without == best);
    CHECK(dmax.count_wrong(same_at_any_threads([&](const RunOptions& run) {
      Values out(s.input_size(), 7.0f);
      nn::max_pool2d_gradient(s, dy.data(), at.data(), out.data(), run);
      return out;
    })) == 0);
    at[0] = -1;
    Values out(s.input_size());
    CHECK(code_of([&] { nn::max_pool2d_gradient(s, dy.data(), at.data(), out.data()); }) == "ERR_SHAPE");
  }
  // PyTorch: 6 rows, kernel 3, stride 2, padding 1 give 3 rows, 4 with ceil_mode.
  CHECK(pool(6, 6, 1, 3, 2, 1).out_h() == 3);
  CHECK(pool(6, 6, 1, 3, 2, 1, true).out_h() == 4);
  CHECK(pool(5, 5, 1, 2, 2, 0, true).out_h() == 3);
  CHECK(code_of([] { pool(5, 5, 1, 2, 2, 2).check(); }) == "ERR_SHAPE");
  CHECK(code_of([] { pool(2, 5, 1, 3, 1).check(); }) == "ERR_SHAPE");
}

TEST_CASE("max pooling keeps NaN and takes the first of equal values") {
  Pool2dShape s = pool(2, 2, 1, 2, 2);
  s.batch = 2;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Values x = {1, 3, 3, 2, 5, nan, 7, 1};
  Values y(2);
  std::vector<int32_t> at(2);
  nn::max_pool2d(s, x.data(), y.data(), at.data());
  CHECK(y[0] == 3.0f);
  CHECK(at[0] == 1);
  CHECK(std::isnan(y[1]));
  CHECK(at[1] == 1);
  nn::max_pool2d(s, x.data(), y.data(), nullptr);
  CHECK(std::isnan(y[1]));
}

TEST_CASE("global mean pooling") {
  const size_t batch = 3, pixels = 50, channels = 7;
  const Values x = normal_values<float>(batch * pixels * channels, 1),
               dy = normal_values<float>(batch * channels, 2);
  Sums mean(batch * channels), gradient(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t k = i / (pixels * channels) * channels + i % channels;
    mean.add(k, static_cast<double>(x[i]) / static_cast<double>(pixels));
    gradient.add(i, static_cast<double>(dy[k]) / static_cast<double>(pixels));
  }
  CHECK(mean.count_wrong(same_at_any_threads([&](const RunOptions& run) {
    Values out(batch * channels);
    nn::global_avg_pool(batch, pixels, channels, x.data(), out.data(), run);
    return out;
  })) == 0);
  CHECK(gradient.count_wrong(same_at_any_threads([&](const RunOptions& run) {
    Values out(x.size());
    nn::global_avg_pool_gradient(batch, pixels, channels, dy.data(), out.data(), run);
    return out;
  })) == 0);
}

namespace {

// Normalises each line of x in float64: forward values, and gradients of sum(dy * y), by the textbook's
// formula with the full Jacobian: dx_i = sum_j dy_j gamma_j r (delta_ij - 1/n - z_i z_j / n).
struct Normalized {
  std::vector<double> y, dx, z;
};
Normalized normalize_line(const std::vector<double>& x, const std::vector<double>& gamma,
                          const std::vector<double>& beta, const std::vector<double>& dy, double epsilon) {
  const double n = static_cast<double>(x.size());
  double mean = 0, variance = 0;
  for (double v : x) mean += v / n;
  for (double v : x) variance += (v - mean) * (v - mean) / n;
  const double r = 1 / std::sqrt(variance + epsilon);
  Normalized out;
  for (size_t i = 0; i < x.size(); ++i) {
    out.z.push_back((x[i] - mean) * r);
    out.y.push_back(out.z[i] * gamma[i] + beta[i]);
  }
  for (size_t i = 0; i < x.size(); ++i) {
    double sum = 0;
    for (size_t j = 0; j < x.size(); ++j) {
      sum += dy[j] * gamma[j] * r * ((i == j ? 1.0 : 0.0) - 1 / n - out.z[i] * out.z[j] / n);
    }
    out.dx.push_back(sum);
  }
  return out;
}

// Of values around 1 that went through a mean, a deviation and a few operations.
size_t count_far(const Values& actual, const std::vector<double>& expected, double scale) {
  size_t far = actual.size() != expected.size();
  for (size_t i = 0; i < expected.size(); ++i) {
    far += !(std::fabs(static_cast<double>(actual[i]) - expected[i]) <= sum_bound<float>(1000, scale));
  }
  return far;
}

}  // namespace

TEST_CASE("batch and layer normalisation and their gradients") {
  for (const auto& size :
       {std::make_pair(6, 4), std::make_pair(40, 33), std::make_pair(1, 5), std::make_pair(700, 90)}) {
    const size_t rows = static_cast<size_t>(size.first), cols = static_cast<size_t>(size.second);
    CAPTURE(rows);
    const float epsilon = 1e-3f;
    const Values x = normal_values<float>(rows * cols, 1, 3, 2), dy = normal_values<float>(rows * cols, 2);
    const Values gamma = normal_values<float>(cols, 3, 1), beta = normal_values<float>(cols, 4);
    const double scale = 16 * std::sqrt(static_cast<double>(std::max(rows, cols)));

    std::vector<double> y(rows * cols), dx(rows * cols), dgamma(cols, 0.0), dbeta(cols, 0.0);
    for (size_t c = 0; c < cols; ++c) {
      std::vector<double> line, g, ones(rows, static_cast<double>(gamma[c])),
          shift(rows, static_cast<double>(beta[c]));
      for (size_t i = 0; i < rows; ++i) {
        line.push_back(static_cast<double>(x[i * cols + c]));
        g.push_back(static_cast<double>(dy[i * cols + c]));
      }
      const Normalized expected = normalize_line(line, ones, shift, g, static_cast<double>(epsilon));
      for (size_t i = 0; i < rows; ++i) {
        y[i * cols + c] = expected.y[i];
        dx[i * cols + c] = expected.dx[i];
        dgamma[c] += g[i] * expected.z[i];
        dbeta[c] += g[i];
      }
    }
    Values mean(cols), variance(cols), by_gamma(cols), by_beta(cols);
    nn::batch_norm_statistics(rows, cols, x.data(), mean.data(), variance.data());
    CHECK(count_far(same_at_any_threads([&](const RunOptions& run) {
                      Values out(x);
                      nn::batch_norm(rows, cols, epsilon, mean.data(), variance.data(), gamma.data(),
                                     beta.data(), out.data(), out.data(), run);
                      return out;
                    }),
                    y, scale) == 0);
    CHECK(count_far(same_at_any_threads([&](const RunOptions& run) {
                      Values out(dy);
                      nn::batch_norm_gradient(rows, cols, epsilon, false, mean.data(), variance.data(),
                                              gamma.data(), x.data(), out.data(), out.data(), by_gamma.data(),
                                              by_beta.data(), run);
                      return out;
                    }),
                    dx, scale * 30) == 0);
    CHECK(count_far(by_gamma, dgamma, scale * scale) == 0);
    CHECK(count_far(by_beta, dbeta, scale * scale) == 0);

    std::fill(dgamma.begin(), dgamma.end(), 0.0);
    const std::vector<double> wide_gamma(gamma.begin(), gamma.end()), wide_beta(beta.begin(), beta.end());
    for (size_t i = 0; i < rows; ++i) {
      const std::vector<double> line(x.begin() + static_cast<ptrdiff_t>(i * cols),
                                     x.begin() + static_cast<ptrdiff_t>((i + 1) * cols));
      const std::vector<double> g(dy.begin() + static_cast<ptrdiff_t>(i * cols),
                                  dy.begin() + static_cast<ptrdiff_t>((i + 1) * cols));
      const Normalized expected =
          normalize_line(line, wide_gamma, wide_beta, g, static_cast<double>(epsilon));
      for (size_t c = 0; c < cols; ++c) {
        y[i * cols + c] = expected.y[c];
        dx[i * cols + c] = expected.dx[c];
        dgamma[c] += g[c] * expected.z[c];
      }
    }
    Values statistics(rows * 2);
    CHECK(count_far(same_at_any_threads([&](const RunOptions& run) {
                      Values out(x);
                      nn::layer_norm(rows, cols, epsilon, gamma.data(), beta.data(), out.data(), out.data(),
                                     statistics.data(), run);
                      return out;
                    }),
                    y, scale) == 0);
    CHECK(count_far(same_at_any_threads([&](const RunOptions& run) {
                      Values out(dy);
                      nn::layer_norm_gradient(rows, cols, gamma.data(), statistics.data(), x.data(),
                                              out.data(), out.data(), by_gamma.data(), by_beta.data(), run);
                      return out;
                    }),
                    dx, scale * 30) == 0);
    CHECK(count_far(by_gamma, dgamma, scale * scale) == 0);
    CHECK(count_far(by_beta, dbeta, scale * scale) == 0);
  }
}

TEST_CASE("batch normalisation: running statistics, fixed ones, and no affine part") {
  Values mean = {2}, variance = {4}, running_mean = {1}, running_variance = {1};
  nn::batch_norm_update_running(5, 1, 0.9f, true, mean.data(), variance.data(), running_mean.data(),
                                running_variance.data());
  CHECK(running_mean[0] == doctest::Approx(1.1));
  CHECK(running_variance[0] == doctest::Approx(0.9 + 0.1 * 5));
  const Values x = {4, 0}, dy = {1, 3};
  Values y(2), dx(2), dgamma(1), dbeta(1);
  nn::batch_norm(2, 1, 0, mean.data(), variance.data(), nullptr, nullptr, x.data(), y.data());
  CHECK(y == Values{1, -1});
  nn::batch_norm_gradient(2, 1, 0, true, mean.data(), variance.data(), nullptr, x.data(), dy.data(),
                          dx.data(), dgamma.data(), dbeta.data());
  CHECK(dx == Values{0.5f, 1.5f});
  CHECK(dgamma[0] == -2.0f);
  CHECK(dbeta[0] == 4.0f);
  CHECK(code_of([&] { nn::batch_norm_statistics(0, 1, x.data(), mean.data(), variance.data()); }) ==
        "ERR_EMPTY");
}

TEST_CASE("embedding and its gradient") {
  const size_t rows = 5000, cols = 30, count = 9000;
  const Values table = normal_values<float>(rows * cols, 1), dy = normal_values<float>(count * cols, 2);
  std::vector<int32_t> index(count);
  for (size_t i = 0; i < count; ++i) index[i] = static_cast<int32_t>(i * i % rows);
  Sums gradient(rows * cols);
  for (size_t i = 0; i < count; ++i) {
    if (index[i] == 4) continue;
    for (size_t c = 0; c < cols; ++c) {
      gradient.add(static_cast<size_t>(index[i]) * cols + c, static_cast<double>(dy[i * cols + c]));
    }
  }
  const Values y = same_at_any_threads([&](const RunOptions& run) {
    Values out(count * cols);
    nn::embedding(rows, cols, table.data(), count, index.data(), out.data(), run);
    return out;
  });
  size_t wrong = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    wrong += !same_bits(y[i], table[static_cast<size_t>(index[i / cols]) * cols + i % cols]);
  }
  CHECK(wrong == 0);
  CHECK(gradient.count_wrong(same_at_any_threads([&](const RunOptions& run) {
    Values out(rows * cols, 7.0f);
    nn::embedding_gradient(rows, cols, count, index.data(), dy.data(), 4, out.data(), run);
    return out;
  })) == 0);
  Values out(count * cols);
  for (int32_t bad : {-1, 5000}) {
    index[3] = bad;
    CHECK(code_of([&] { nn::embedding(rows, cols, table.data(), count, index.data(), out.data()); }) ==
          "ERR_SHAPE");
  }
}

}  // namespace test
}  // namespace boreal
