// What native/cuda/hopper.cuh declares, on the CPU. A tile is copied some time after it was asked for, and a
// product reads its operands at any time until it is waited for, so that stages that are read too early or
// given back too early show.
#pragma once

#include <cuda.h>
#include <tensor.h>

namespace emulator {

// As in shared memory: a phase ends when nobody and nothing is missing.
struct Barrier {
  uint16_t arrivals, missing;
  int32_t bytes : 31;
  uint32_t phase : 1;
};
static_assert(sizeof(Barrier) == 8, "the size of the hardware's");

void barrier_init(Barrier* barrier, uint32_t arrivals);
inline void barrier_publish() {}
void barrier_arrive(Barrier* barrier);
void barrier_expect(Barrier* barrier, uint32_t bytes);
void barrier_wait(Barrier* barrier, uint32_t parity);
void copy_tile(void* to, const CUtensorMap& map, uint32_t byte, uint32_t row, Barrier* barrier);

inline void yield_registers() {}
inline void take_registers() {}

// The word at byte `byte` of row `row` of an operand, its fields read as the hardware reads them.
uint32_t operand_word(uint64_t operand, uint32_t row, uint32_t byte);

// Products of this thread.
AsyncGroups& products();
template <typename Sums>
void group_hold(Sums&) {}
inline void group_fence() {}
inline void group_commit() { products().commit(); }
template <int kGroups>
void group_wait() {
  products().wait(kGroups);
}

template <int kElement, int kColumns, typename Sum>
void group_multiply(Sum (&sum)[kColumns / 2], uint64_t a, uint64_t b) {
  const unsigned thread = threadIdx.x;
  products().add([&sum, a, b, thread] {
    for (unsigned s = 0; s < kColumns / 2; ++s) {
      const unsigned row = thread / 32 % 4 * 16 + s % 4 / 2 * 8 + thread % 32 / 4;
      const unsigned column = s / 4 * 8 + thread % 4 * 2 + s % 2;
      double exact = 0;
      uint32_t codes = 0;
      for (unsigned byte = 0; byte < 32; byte += 4) {
        const uint32_t x = operand_word(a, row, byte), y = operand_word(b, column, byte);
        if constexpr (kElement == BOREAL_CUDA_CODE) {
          codes += static_cast<uint32_t>(multiply_codes(x, y));
        } else {
          exact += multiply_words(kElement, x, y);
        }
      }
      if constexpr (kElement == BOREAL_CUDA_CODE) {
        sum[s] = static_cast<int32_t>(static_cast<uint32_t>(sum[s]) + codes);
      } else {
        sum[s] = static_cast<float>(static_cast<double>(sum[s]) + exact);
      }
    }
  });
}

}  // namespace emulator
