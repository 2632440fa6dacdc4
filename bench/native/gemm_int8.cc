// Times 8-bit products with packed weights, a JSON line for each:
// {"suite":"gemm-int8","name","m","n","k","threads","isa","seconds","gops"}, the best of the repeats. Names:
//   peak     the ISA's exact dot product on registers alone, in independent chains; the limit of the rest
//   s32      u8 codes in, exact 32-bit sums out
//   f32      u8 codes in, bias, relu, float out
//   dynamic  float rows in, quantised on the way, bias, relu, float out
//   gemm_int8 [seconds a measurement = 0.2 [only this name]]
#include "linalg/gemm_int8.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/cpu_features.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "kernels/dispatch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

using boreal::dense_view;

struct Shape {
  size_t m, n, k;
};

double budget = 0.2;
std::string only;

template <typename Work>
double best_seconds(const Work& work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9, total = 0;
  for (size_t runs = 0; total < budget || runs < 3; ++runs) {
    const auto start = Clock::now();
    work();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (runs > 0) best = std::min(best, seconds);  // the first warms up
    total += seconds;
  }
  return best;
}

template <typename Work>
void report(const char* name, Shape s, size_t threads, double operations, const Work& work) {
  if (!only.empty() && only != name) return;
  const double seconds = best_seconds(work);
  std::printf(
      "{\"suite\":\"gemm-int8\",\"name\":\"%s\",\"m\":%zu,\"n\":%zu,\"k\":%zu,\"threads\":%zu,\"isa\":\"%s\","
      "\"seconds\":%.3e,\"gops\":%.1f}\n",
      name, s.m, s.n, s.k, threads, boreal::kernels().name, seconds, operations / seconds * 1e-9);
  std::fflush(stdout);
}

#if defined(__x86_64__)
// All loops over the sums are unrolled: one that is not would keep them in memory.
constexpr size_t kRounds = 20000;

__attribute__((target("avx2"))) void peak_avx2() {
  __m256i sums[12], x = _mm256_set1_epi16(1);
#pragma GCC unroll 12
  for (__m256i& sum : sums) sum = x;
  for (size_t round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (__m256i& sum : sums) {
      __asm__ volatile("" : "+x"(x));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, x));
    }
  }
#pragma GCC unroll 12
  for (__m256i& sum : sums) __asm__ volatile("" : "+x"(sum));
}

__attribute__((target("avx512f,avx512bw"))) void peak_avx512() {
  __m512i sums[24], x = _mm512_set1_epi16(1);
#pragma GCC unroll 24
  for (__m512i& sum : sums) sum = x;
  for (size_t round = 0; round < kRounds; ++round) {
#pragma GCC unroll 24
    for (__m512i& sum : sums) {
      __asm__ volatile("" : "+x"(x));
      sum = _mm512_add_epi32(sum, _mm512_madd_epi16(x, x));
    }
  }
#pragma GCC unroll 24
  for (__m512i& sum : sums) __asm__ volatile("" : "+x"(sum));
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) void peak_vnni() {
  __m512i sums[24], x = _mm512_set1_epi16(1);
#pragma GCC unroll 24
  for (__m512i& sum : sums) sum = x;
  for (size_t round = 0; round < kRounds; ++round) {
#pragma GCC unroll 24
    for (__m512i& sum : sums) sum = _mm512_dpbusd_epi32(sum, x, x);
  }
#pragma GCC unroll 24
  for (__m512i& sum : sums) __asm__ volatile("" : "+x"(sum));
}

void bench_peak(size_t threads) {
  const std::string isa = boreal::kernels().name;
  void (*work)() = nullptr;
  double products = 0;
  if (isa == "avx2") work = peak_avx2, products = 12 * 16;
  if (isa == "avx512") work = peak_avx512, products = 24 * 32;
  if (isa == "avx512vnni") work = peak_vnni, products = 24 * 64;
  if (work == nullptr) return;
  const size_t tasks = threads * 16;
  report("peak", {0, 0, 0}, threads, 2 * products * kRounds * static_cast<double>(tasks), [&] {
    boreal::ThreadPool::instance().parallel_for(
        tasks, [&](size_t, size_t) { work(); }, threads);
  });
}
#else
void bench_peak(size_t) {}
#endif

void bench(Shape s, size_t threads) {
  std::mt19937 random(1);
  std::vector<uint8_t> codes(s.m * s.k);
  std::vector<int8_t> weights(s.k * s.n);
  std::vector<float> real(s.m * s.k), bias(s.n, 0.5f), scale(s.n, 0.01f), y(s.m * s.n);
  std::vector<int32_t> sums(s.m * s.n);
  for (uint8_t& code : codes) code = static_cast<uint8_t>(random());
  for (int8_t& weight : weights) weight = static_cast<int8_t>(random());
  for (float& value : real) value = static_cast<float>(random() % 1000) * 0.01f - 3;
  const boreal::PackedInt8 packed(weights.data(), s.n, 1, s.k, s.n, scale.data(), true, boreal::kernels());
  const float x_scale = 0.02f;
  const int32_t zero = 120;
  const boreal::Int8Rows x{{codes.data(), s.m, s.k, s.k}, false, false, &x_scale, &zero};
  boreal::Int8Options options;
  options.max_threads = threads;
  const double operations = 2.0 * static_cast<double>(s.m * s.n * s.k);
  report("s32", s, threads, operations, [&] { packed.run(x, dense_view(sums.data(), s.m, s.n), options); });
  options.bias = bias.data();
  options.activation = boreal::Unary::kRelu;
  report("f32", s, threads, operations, [&] { packed.run(x, dense_view(y.data(), s.m, s.n), options); });
  const boreal::MatrixView<const float> rows = dense_view<const float>(real.data(), s.m, s.k);
  report("dynamic", s, threads, operations,
         [&] { packed.run(rows, dense_view(y.data(), s.m, s.n), options); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) budget = std::strtod(argv[1], nullptr);
  if (argc > 2) only = argv[2];
  try {
    for (const size_t threads : {size_t{1}, size_t{2}}) {
      bench_peak(threads);
      for (const size_t n : {64, 128, 256, 512, 1024, 2048}) bench({n, n, n}, threads);
      for (const size_t m : {1, 8, 32}) bench({m, 128, 784}, threads);
      for (const size_t m : {1, 8, 32}) bench({m, 1024, 1024}, threads);
      bench_peak(threads);
    }
  } catch (const boreal::Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.code(), error.what());
    return 1;
  }
  return 0;
}
