// Convolution by the register tile of the products.
#include BOREAL_SIMD

#include "kernels/conv_kernels.h"
#include "kernels/generic/gemm_blocks.inl.h"

namespace boreal {
namespace {

// Rows of the tile are pixels, each a run of taps: k is the length of a tap.
struct ConvTile : Tile<Plain<float>> {
  const size_t* taps;
  size_t tap_count;
};

// As multiply_tile, over all taps.
template <size_t R, size_t N>
BOREAL_NOINLINE void convolve_tile(const ConvTile& t) {
  using B = Plain<float>;
  constexpr size_t kLanes = Vec<float>::kLanes, kStep = kPanel<float>;
  constexpr size_t kPointers = (R + kPointerRows - 1) / kPointerRows;
  const size_t a_row = t.a_row, length = t.k;
  const float* a[kPointers];
  const float* b[1] = {t.b};
  Vec<float> sum[R][N];
  BOREAL_UNROLL
  for (size_t v = 0; v < N; ++v) {
    const Vec<float> start = t.bias == nullptr ? broadcast(0.0f) : load(t.bias + v * kLanes);
    BOREAL_UNROLL
    for (size_t r = 0; r < R; ++r) sum[r][v] = start;
  }
  for (size_t tap = 0; tap < t.tap_count; ++tap) {
    const float* const from = t.a + t.taps[tap];
    BOREAL_UNROLL
    for (size_t i = 0; i < kPointers; ++i) a[i] = from + i * kPointerRows * a_row;
    size_t p = 0;
    for (; p + 4 <= length; p += 4) {
      tile_step<B, R, 1, N, Layout::kRowMajor, 0>(sum, a, a_row, 1, b, kStep);
      tile_step<B, R, 1, N, Layout::kRowMajor, 1>(sum, a, a_row, 1, b, kStep);
      tile_step<B, R, 1, N, Layout::kRowMajor, 2>(sum, a, a_row, 1, b, kStep);
      tile_step<B, R, 1, N, Layout::kRowMajor, 3>(sum, a, a_row, 1, b, kStep);
    }
    for (; p < length; ++p) tile_step<B, R, 1, N, Layout::kRowMajor, 0>(sum, a, a_row, 1, b, kStep);
  }
  BOREAL_UNROLL
  for (size_t r = 0; r < R; ++r) {
    BOREAL_UNROLL
    for (size_t v = 0; v < N; ++v) store(t.c + r * t.c_row + v * kLanes, sum[r][v]);
  }
}

// bias: of a whole panel, zeros where there is no filter.
template <size_t R>
inline void convolve_pixels(ConvTile& tile, size_t pixels, size_t filters) {
  if (pixels == R) {
    constexpr size_t kWidth = kPanel<float>, kHalf = kLeastWidth<float>;
    if (filters == kWidth) return convolve_tile<R, kTileVectors>(tile);
    if constexpr (kHalfPanels) {
      if (filters == kHalf) return convolve_tile<R, 1>(tile);
      if (filters < kHalf) return multiply_edge<float>(convolve_tile<R, 1>, tile, R, kHalf, filters);
    }
    return multiply_edge<float>(convolve_tile<R, kTileVectors>, tile, R, kWidth, filters);
  }
  if constexpr (R > 1) convolve_pixels<R - 1>(tile, pixels, filters);
}

void convolve(const ConvTask& t) noexcept {
  constexpr size_t kWidth = kPanel<float>;
  const size_t depth = t.tap_count * t.tap_length;
  ConvTile tile;
  tile.a_row = t.x_pixel;
  tile.a_step = 1;
  tile.b_step = kWidth;
  tile.b_panel = depth * kWidth;
  tile.k = t.tap_length;
  tile.c_row = t.y_pixel;
  tile.start = t.bias == nullptr ? Start::kZero : Start::kBias;
  tile.taps = t.taps;
  tile.tap_count = t.tap_count;
  for (size_t f = 0; f < t.filters; f += kWidth) {
    const size_t filters = t.filters - f < kWidth ? t.filters - f : kWidth;
    tile.b = t.weights + f * depth;
    tile.bias = t.bias == nullptr ? nullptr : t.bias + f;
    for (size_t i = 0; i < t.rows; ++i) {
      float* const y = t.y + i * t.y_row + f;
      for (size_t j = 0, pixels; j < t.row_length; j += pixels) {
        pixels = block_rows(t.row_length - j);
        tile.a = t.x + i * t.x_row + j * t.x_pixel;
        tile.c = y + j * t.y_pixel;
        convolve_pixels<kTileRows>(tile, pixels, filters);
      }
      if (t.activation != Unary::kIdentity) {
        t.activate(t.activation, y, t.y_pixel, y, t.y_pixel, t.row_length, filters);
      }
    }
  }
}

// ---- One channel a filter --------------------------------------------------------------------------------

// move(c, read, write) for vectors of channels from c on: read(p) gives those at p, write(p, v) puts them
// there.
template <typename Move>
inline void each_vector(size_t count, const Move& move) {
  constexpr size_t kLanes = Vec<float>::kLanes;
  size_t c = 0;
  for (; c + kLanes <= count; c += kLanes) {
    move(
        c, [](const float* from) { return load(from); }, [](float* to, Vec<float> v) { store(to, v); });
  }
  if (c == count) return;
  const size_t rest = count - c;
  move(
      c, [&](const float* from) { return load(from, rest, broadcast(0.0f)); },
      [&](float* to, Vec<float> v) { store(to, v, rest); });
}

void depthwise(const ConvTask& t) noexcept {
  for (size_t i = 0; i < t.rows; ++i) {
    float* const row = t.y + i * t.y_row;
    for (size_t j = 0; j < t.row_length; ++j) {
      const float* const x = t.x + i * t.x_row + j * t.x_pixel;
      float* const y = row + j * t.y_pixel;
      each_vector(t.filters, [&](size_t f, const auto& read, const auto& write) {
        Vec<float> sum = t.bias == nullptr ? broadcast(0.0f) : read(t.bias + f);
        for (size_t tap = 0; tap < t.tap_count; ++tap) {
          sum = fma(read(x + t.taps[tap] + f), read(t.weights + tap * t.filters + f), sum);
        }
        write(y + f, sum);
      });
    }
    if (t.activation != Unary::kIdentity) {
      t.activate(t.activation, row, t.y_pixel, row, t.y_pixel, t.row_length, t.filters);
    }
  }
}

// ---- Winograd's transforms -------------------------------------------------------------------------------

void winograd_image(const float* const* pixels, size_t channels, float* values, size_t step) noexcept {
  each_vector(channels, [&](size_t c, const auto& read, const auto& write) {
    Vec<float> t[4][4];
    BOREAL_UNROLL
    for (size_t j = 0; j < 4; ++j) {
      const Vec<float> d0 = read(pixels[j] + c), d1 = read(pixels[4 + j] + c);
      const Vec<float> d2 = read(pixels[8 + j] + c), d3 = read(pixels[12 + j] + c);
      t[0][j] = d0 - d2;
      t[1][j] = d1 + d2;
      t[2][j] = d2 - d1;
      t[3][j] = d1 - d3;
    }
    BOREAL_UNROLL
    for (size_t i = 0; i < 4; ++i) {
      float* const to = values + 4 * i * step + c;
      write(to, t[i][0] - t[i][2]);
      write(to + step, t[i][1] + t[i][2]);
      write(to + 2 * step, t[i][2] - t[i][1]);
      write(to + 3 * step, t[i][1] - t[i][3]);
    }
  });
}

void winograd_sums(const float* sums, size_t step, size_t filters, const float* bias,
                   float* const* outputs) noexcept {
  each_vector(filters, [&](size_t f, const auto& read, const auto& write) {
    Vec<float> t[2][4];
    BOREAL_UNROLL
    for (size_t j = 0; j < 4; ++j) {
      const float* const from = sums + j * step + f;
      const Vec<float> m1 = read(from + 4 * step), m2 = read(from + 8 * step);
      t[0][j] = read(from) + m1 + m2;
      t[1][j] = m1 - m2 - read(from + 12 * step);
    }
    const Vec<float> b = read(bias + f);
    BOREAL_UNROLL
    for (size_t i = 0; i < 2; ++i) {
      write(outputs[2 * i] + f, t[i][0] + t[i][1] + t[i][2] + b);
      write(outputs[2 * i + 1] + f, t[i][1] - t[i][2] - t[i][3] + b);
    }
  });
}

}  // namespace

namespace BOREAL_ISA {

constexpr ConvKernels kConv = {convolve, depthwise, winograd_image, winograd_sums};

}  // namespace BOREAL_ISA
}  // namespace boreal
