// Peaks of arithmetic: independent chains of the CPU's best multiply-add on registers, nothing else. For int8
// the best of its dot-product instructions; without one, vpmaddwd on 16-bit values is the exact way and
// vpmaddubsw the saturating one, and both are tried.
#include <cstdint>
#include <vector>

#include "base/cpu_features.h"
#include "limits.h"
#include "together.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace boreal_bench {
namespace {

struct Candidate {
  const char* instruction;
  double operations;  // of one round
  void (*run)(size_t rounds);
};

// Hides a value from the compiler: neither folded, hoisted out of the loop, nor dropped.
#if defined(__x86_64__)
#define BOREAL_OPAQUE(value) __asm__ volatile("" : "+x"(value))
#else
#define BOREAL_OPAQUE(value) __asm__ volatile("" : "+w"(value))
#endif

// `chains` accumulators of type V, all advanced by STEP (an expression of `acc`, x and y) in each of 4 steps
// a round.
#define BOREAL_PEAK_LOOP(NAME, TARGET, V, CHAINS, ZERO, STEP)        \
  TARGET void NAME(size_t rounds) {                                  \
    V chains[CHAINS], x = ZERO, y = ZERO;                            \
    for (V & acc : chains) acc = ZERO;                               \
    BOREAL_OPAQUE(x);                                                \
    BOREAL_OPAQUE(y);                                                \
    for (size_t round = 0; round < rounds; ++round) {                \
      _Pragma("GCC unroll 4") for (int step = 0; step < 4; ++step) { \
        _Pragma("GCC unroll 32") for (V & acc : chains) { STEP; }    \
      }                                                              \
    }                                                                \
    for (V & acc : chains) BOREAL_OPAQUE(acc);                       \
  }

#if defined(__x86_64__)
#define BOREAL_AVX2 __attribute__((target("avx2,fma")))
#define BOREAL_AVX512 __attribute__((target("avx512f,avx512bw")))
#define BOREAL_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define BOREAL_AVX_VNNI __attribute__((target("avx2,avxvnni")))

BOREAL_PEAK_LOOP(fma_f32_sse, , __m128, 12, _mm_setzero_ps(), acc = _mm_add_ps(_mm_mul_ps(x, acc), y))
BOREAL_PEAK_LOOP(fma_f64_sse, , __m128d, 12, _mm_setzero_pd(), acc = _mm_add_pd(_mm_mul_pd(x, acc), y))
BOREAL_PEAK_LOOP(fma_f32_avx2, BOREAL_AVX2, __m256, 12, _mm256_setzero_ps(), acc = _mm256_fmadd_ps(x, y, acc))
BOREAL_PEAK_LOOP(fma_f64_avx2, BOREAL_AVX2, __m256d, 12, _mm256_setzero_pd(),
                 acc = _mm256_fmadd_pd(x, y, acc))
BOREAL_PEAK_LOOP(fma_f32_avx512, BOREAL_AVX512, __m512, 24, _mm512_setzero_ps(),
                 acc = _mm512_fmadd_ps(x, y, acc))
BOREAL_PEAK_LOOP(fma_f64_avx512, BOREAL_AVX512, __m512d, 24, _mm512_setzero_pd(),
                 acc = _mm512_fmadd_pd(x, y, acc))
// The products don't depend on the chain: y is made opaque each time, or they would be computed once.
BOREAL_PEAK_LOOP(int8_madd_avx2, BOREAL_AVX2, __m256i, 12, _mm256_setzero_si256(), BOREAL_OPAQUE(y);
                 acc = _mm256_add_epi32(acc, _mm256_madd_epi16(x, y)))
BOREAL_PEAK_LOOP(int8_maddubs_avx2, BOREAL_AVX2, __m256i, 10, _mm256_setzero_si256(), BOREAL_OPAQUE(y);
                 acc = _mm256_add_epi32(acc, _mm256_madd_epi16(_mm256_maddubs_epi16(x, y), x)))
BOREAL_PEAK_LOOP(int8_madd_avx512, BOREAL_AVX512, __m512i, 24, _mm512_setzero_si512(), BOREAL_OPAQUE(y);
                 acc = _mm512_add_epi32(acc, _mm512_madd_epi16(x, y)))
BOREAL_PEAK_LOOP(int8_dpbusd_avx, BOREAL_AVX_VNNI, __m256i, 12, _mm256_setzero_si256(),
                 acc = _mm256_dpbusd_avx_epi32(acc, x, y))
BOREAL_PEAK_LOOP(int8_dpbusd_avx512, BOREAL_VNNI, __m512i, 24, _mm512_setzero_si512(),
                 acc = _mm512_dpbusd_epi32(acc, x, y))

std::vector<Candidate> candidates(const std::string& dtype) {
  const boreal::CpuFeatures& cpu = boreal::cpu_features();
  __builtin_cpu_init();
  const auto operations = [](int chains, int lanes) { return 4.0 * chains * lanes * 2; };
  if (dtype == "int8") {
    std::vector<Candidate> list;
    if (cpu.avx512vnni) list.push_back({"vpdpbusd zmm", operations(24, 64), int8_dpbusd_avx512});
    if (__builtin_cpu_supports("avxvnni"))
      list.push_back({"vpdpbusd ymm", operations(12, 32), int8_dpbusd_avx});
    if (!list.empty()) return list;
    if (cpu.avx512) return {{"vpmaddwd zmm", operations(24, 32), int8_madd_avx512}};
    if (cpu.avx2) return {{"vpmaddwd ymm", operations(12, 16), int8_madd_avx2}};
    return {};
  }
  if (dtype == "int8-saturating") {
    if (cpu.avx2) return {{"vpmaddubsw ymm", operations(10, 32), int8_maddubs_avx2}};
    return {};
  }
  const bool single = dtype == "f32";
  if (cpu.avx512) {
    return {{"vfmadd zmm", operations(24, single ? 16 : 8), single ? fma_f32_avx512 : fma_f64_avx512}};
  }
  if (cpu.avx2) return {{"vfmadd ymm", operations(12, single ? 8 : 4), single ? fma_f32_avx2 : fma_f64_avx2}};
  return {{"mul, add xmm", operations(12, single ? 4 : 2), single ? fma_f32_sse : fma_f64_sse}};
}
#elif defined(__aarch64__)
BOREAL_PEAK_LOOP(fma_f32_neon, , float32x4_t, 24, vdupq_n_f32(0), acc = vfmaq_f32(acc, x, y))
BOREAL_PEAK_LOOP(fma_f64_neon, , float64x2_t, 24, vdupq_n_f64(0), acc = vfmaq_f64(acc, x, y))
BOREAL_PEAK_LOOP(int8_mlal_neon, , int32x4_t, 24, vdupq_n_s32(0),
                 acc = vmlal_s16(acc, vreinterpret_s16_s32(vget_low_s32(x)),
                                 vreinterpret_s16_s32(vget_low_s32(y))))

std::vector<Candidate> candidates(const std::string& dtype) {
  if (dtype == "int8-saturating") return {};
  if (dtype == "int8") return {{"smlal", 4.0 * 24 * 4 * 2, int8_mlal_neon}};
  if (dtype == "f32") return {{"fmla 4s", 4.0 * 24 * 4 * 2, fma_f32_neon}};
  return {{"fmla 2d", 4.0 * 24 * 2 * 2, fma_f64_neon}};
}
#else
std::vector<Candidate> candidates(const std::string&) { return {}; }
#endif

double rate_of(const Candidate& candidate, size_t threads, double seconds) {
  size_t rounds = 1000;  // some ten microseconds
  double best = 0, spent = 0;
  do {
    const double taken = seconds_together(threads, [&](size_t) { candidate.run(rounds); });
    best = std::max(best, candidate.operations * static_cast<double>(rounds * threads) / taken);
    spent += taken;
  } while (spent < seconds);
  return best;
}

}  // namespace

Peak measure_peak(const std::string& dtype, size_t threads, double seconds) {
  Peak best{0, "none"};
  for (const Candidate& candidate : candidates(dtype)) {
    const double rate = rate_of(candidate, threads, seconds);
    if (rate > best.rate) best = {rate, candidate.instruction};
  }
  return best;
}

}  // namespace boreal_bench
