// Elementwise functions and reductions of one dense vector, in and out of the caches.
//   bench_elementwise [threads [name]]
// Prints one JSON line a measurement: {suite, name, dtype, elements, threads, seconds, gbps}, seconds being
// the median of a call and gbps the bytes that the operation has to read and write over it. The lines "read"
// and "copy" are the roofline: the sum of a vector by plain vector code of the compiler and memcpy, per
// thread count, at the same sizes.
#include "linalg/elementwise.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/thread_pool.h"

namespace {

using namespace boreal;

// Between the vectors, so that they do not lie a multiple of 4 KiB apart: loads would wait for unrelated
// stores.
constexpr size_t kShift = 272;
constexpr size_t kSizes[] = {32, 4096, 100000, 1000000, 10000000};

double seconds_of(const std::function<void(size_t)>& repeat) {
  using Clock = std::chrono::steady_clock;
  const auto time = [&](size_t calls) {
    const auto start = Clock::now();
    repeat(calls);
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  size_t calls = 1;
  for (double elapsed = time(1); elapsed < 2e-3 && calls < (size_t{1} << 24); elapsed = time(calls))
    calls *= 2;
  std::vector<double> samples;
  const auto end = Clock::now() + std::chrono::milliseconds(60);
  while (samples.size() < 7 || (samples.size() < 200 && Clock::now() < end)) {
    samples.push_back(time(calls) / static_cast<double>(calls));
  }
  std::nth_element(samples.begin(), samples.begin() + static_cast<long>(samples.size() / 2), samples.end());
  return samples[samples.size() / 2];
}

template <typename T>
struct Bench {
  size_t threads;
  const char* only;
  RunOptions options;
  AlignedBuffer<T> memory;
  T *a, *b, *y;

  Bench(size_t threads, const char* only) : threads(threads), only(only), memory(3 * (kSizes[4] + kShift)) {
    options.max_threads = threads;
    a = memory.data();
    b = a + kSizes[4] + kShift;
    y = b + kSizes[4] + kShift;
    for (size_t i = 0; i < kSizes[4]; ++i) {
      a[i] = static_cast<T>(static_cast<double>(i % 1009) / 126 - 4);
      b[i] = static_cast<T>(static_cast<double>(i % 1013) / 500 + 0.1);
      y[i] = 0;
    }
  }

  // One measurement for each size; `arrays` are read or written by a call.
  template <typename Call>
  void measure(const char* name, size_t arrays, const Call& call) {
    if (only != nullptr && std::strcmp(only, name) != 0) return;
    for (size_t n : kSizes) {
      const double seconds = seconds_of([&](size_t calls) {
        for (size_t i = 0; i < calls; ++i) call(n);
      });
      std::printf(
          "{\"suite\":\"elementwise\",\"name\":\"%s\",\"dtype\":\"%s\",\"elements\":%zu,\"threads\":%zu,"
          "\"seconds\":%.4g,\"gbps\":%.4g}\n",
          name, sizeof(T) == 4 ? "float32" : "float64", n, threads, seconds,
          static_cast<double>(arrays * n * sizeof(T)) / seconds * 1e-9);
      std::fflush(stdout);
    }
  }

  MatrixView<const T> in(const T* x, size_t n) const { return dense_view<const T>(x, 1, n); }
  // As rows of 100 columns, or one row where n is smaller or no multiple.
  MatrixView<const T> rows(size_t n) const {
    return n % 100 == 0 ? dense_view<const T>(a, n / 100, 100) : in(a, n);
  }

  // The same work cut into one part a thread: the machine's limit.
  template <typename Part>
  void in_parts(size_t n, const Part& part) {
    const size_t parts = n < 50000 ? 1 : threads;
    if (parts == 1) return part(0, n);
    ThreadPool::instance().parallel_for(
        parts, [&](size_t i, size_t) { part(n * i / parts, n * (i + 1) / parts); }, threads);
  }

  void run() {
    measure("copy", 2, [&](size_t n) {
      in_parts(
          n, [&](size_t begin, size_t end) { std::memcpy(y + begin, a + begin, (end - begin) * sizeof(T)); });
    });
    measure("read", 1, [&](size_t n) {
      in_parts(n, [&](size_t begin, size_t end) {
        // Eight words that the loop may combine as it likes: integers, so the compiler makes vectors of them.
        const auto* words = reinterpret_cast<const unsigned long long*>(a + begin);
        unsigned long long sum = 0;
        for (size_t i = 0; i < (end - begin) * sizeof(T) / 8; ++i) sum ^= words[i];
        volatile unsigned long long sink = sum;
        (void)sink;
      });
    });
    const std::pair<const char*, Binary> binaries[] = {
        {"add", Binary::kAdd}, {"mul", Binary::kMul}, {"div", Binary::kDiv}, {"pow", Binary::kPow}};
    for (const auto& f : binaries) {
      measure(f.first, 3, [&](size_t n) {
        apply_binary<T>(f.second, in(b, n), in(f.second == Binary::kPow ? b : a, n), dense_view(y, 1, n),
                        options);
      });
    }
    measure("add_scalar", 2, [&](size_t n) {
      apply_binary<T>(Binary::kAdd, in(a, n), in(b, 1), dense_view(y, 1, n), options);
    });
    const std::pair<const char*, Unary> unaries[] = {
        {"exp", Unary::kExp},   {"log", Unary::kLog},         {"tanh", Unary::kTanh},
        {"relu", Unary::kRelu}, {"sigmoid", Unary::kSigmoid}, {"gelu", Unary::kGelu},
        {"erf", Unary::kErf},   {"silu", Unary::kSilu},       {"sqrt", Unary::kSqrt}};
    for (const auto& f : unaries) {
      const bool positive = f.second == Unary::kLog || f.second == Unary::kSqrt;
      measure(f.first, 2, [&](size_t n) {
        apply_unary<T>(f.second, in(positive ? b : a, n), dense_view(y, 1, n), options);
      });
    }
    measure("softmax_rows", 2, [&](size_t n) {
      const MatrixView<const T> x = rows(n);
      softmax<T>(x, Axis::kCols, dense_view(y, x.rows, x.cols), options);
    });
    measure("softmax_cols", 2, [&](size_t n) {
      const MatrixView<const T> x = rows(n);
      softmax<T>(x, Axis::kRows, dense_view(y, x.rows, x.cols), options);
    });
    const std::pair<const char*, Reduction> reductions[] = {{"sum", Reduction::kSum},
                                                            {"variance", Reduction::kVariance},
                                                            {"min", Reduction::kMin},
                                                            {"norm2", Reduction::kNorm2}};
    for (const auto& f : reductions) {
      measure(f.first, 1, [&](size_t n) { reduce<T>(f.second, Axis::kAll, in(a, n), 0, y, options); });
      measure((std::string(f.first) + "_axis0").c_str(), 1,
              [&](size_t n) { reduce<T>(f.second, Axis::kRows, rows(n), 0, y, options); });
      measure((std::string(f.first) + "_axis1").c_str(), 1,
              [&](size_t n) { reduce<T>(f.second, Axis::kCols, rows(n), 0, y, options); });
    }
    std::vector<int64_t> index(kSizes[4] / 100);
    measure("argmax", 1, [&](size_t n) { arg_reduce<T>(true, Axis::kAll, in(a, n), index.data(), options); });
    measure("argmax_axis0", 1,
            [&](size_t n) { arg_reduce<T>(true, Axis::kRows, rows(n), index.data(), options); });
    measure("argmax_axis1", 1,
            [&](size_t n) { arg_reduce<T>(true, Axis::kCols, rows(n), index.data(), options); });
    measure("transpose", 2, [&](size_t n) {
      size_t side = 1;
      while ((side + 1) * (side + 1) <= n) ++side;
      transpose<T>(dense_view<const T>(a, side, side), dense_view(y, side, side), options);
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  const size_t threads = argc > 1 ? static_cast<size_t>(std::atoi(argv[1])) : ThreadPool::instance().size();
  const char* only = argc > 2 ? argv[2] : nullptr;
  Bench<float>(threads, only).run();
  Bench<double>(threads, only).run();
  return 0;
}
