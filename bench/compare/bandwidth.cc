// Bandwidth of reading and of c = a + b. The compiler's vectors suffice: a core moves no more bytes with
// better ones. Stores past the caches are tried too (they spare reading c first) and the faster counts.
#include <cstring>
#include <fstream>
#include <string>

#include "base/aligned_buffer.h"
#include "limits.h"
#include "together.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace boreal_bench {
namespace {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define BOREAL_CLONES \
  __attribute__((target_clones("default", "avx2", "arch=x86-64-v4"), noinline, optimize("O3")))
#else
#define BOREAL_CLONES __attribute__((noinline))
#endif

BOREAL_CLONES uint64_t read_all(const uint64_t* values, size_t size) {
  uint64_t sums[32] = {};
  for (size_t i = 0; i + 32 <= size; i += 32) {
    for (size_t lane = 0; lane < 32; ++lane) sums[lane] ^= values[i + lane];
  }
  uint64_t sum = 0;
  for (const uint64_t part : sums) sum ^= part;
  return sum;
}

BOREAL_CLONES void add_all(const float* a, const float* b, float* c, size_t size) {
  for (size_t i = 0; i < size; ++i) c[i] = a[i] + b[i];
}

// The same with stores that bypass the caches, where there are such.
void add_streaming(const float* a, const float* b, float* c, size_t size) {
#if defined(__x86_64__)
  for (size_t i = 0; i + 4 <= size; i += 4) {
    _mm_stream_ps(c + i, _mm_add_ps(_mm_load_ps(a + i), _mm_load_ps(b + i)));
  }
  _mm_sfence();
#else
  add_all(a, b, c, size);
#endif
}

// Bytes a second of work(thread), which moves `bytes` bytes in each thread, best of what `seconds` hold.
template <typename Work>
double best_rate(size_t bytes, size_t threads, double seconds, const Work& work) {
  const size_t passes =
      std::max<size_t>(1, (size_t{1} << 20) / bytes);  // a repetition moves a megabyte at least
  double best = 0, spent = 0;
  do {
    const double taken = seconds_together(threads, [&](size_t thread) {
      for (size_t pass = 0; pass < passes; ++pass) work(thread);
    });
    best = std::max(best, static_cast<double>(bytes * passes * threads) / taken);
    spent += taken;
  } while (spent < seconds);
  return best;
}

// The size that Linux tells of a cache ("512K", "32768K") by its level, data or unified; else `otherwise`.
size_t cache_size(int level, size_t otherwise) {
  for (int index = 0; index < 8; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + '/';
    int its_level = 0;
    size_t kilobytes = 0;
    std::string type;
    if (!(std::ifstream(folder + "level") >> its_level) || its_level != level) continue;
    if (!(std::ifstream(folder + "type") >> type) || type == "Instruction") continue;
    if (std::ifstream(folder + "size") >> kilobytes) return kilobytes << 10;
  }
  return otherwise;
}

}  // namespace

Bandwidth measure_bandwidth(size_t bytes, size_t threads, double seconds) {
  const size_t each = bytes / threads / 384 * 384;  // three streams of whole cache lines
  boreal::AlignedBuffer<unsigned char> buffer(each * threads);
  std::memset(buffer.data(), 0, buffer.size());
  std::atomic<uint64_t> sink{0};
  const double read = best_rate(each, threads, seconds, [&](size_t thread) {
    sink ^=
        read_all(reinterpret_cast<const uint64_t*>(buffer.data() + thread * each), each / sizeof(uint64_t));
  });
  const size_t stream = each / 3 / sizeof(float);
  const auto add = [&](auto kernel) {
    return best_rate(each, threads, seconds, [&](size_t thread) {
      float* a = reinterpret_cast<float*>(buffer.data() + thread * each);
      kernel(a, a + stream, a + 2 * stream, stream);
    });
  };
  return {read, std::max(add(add_all), add(add_streaming))};
}

Caches cache_sizes() { return {cache_size(1, 32 << 10), cache_size(2, 512 << 10), cache_size(3, 8 << 20)}; }

}  // namespace boreal_bench
