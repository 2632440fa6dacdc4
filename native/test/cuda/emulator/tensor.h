// Tensor cores and asynchronous copies on the CPU: what native/cuda/ptx.cuh declares, lane by lane as the PTX
// manual defines the fragments. A copy is made at any time between its start and its thread's wait for it, so
// that a missing wait shows, and so does a stage that is written while others read it.
#pragma once

#include <cuda_runtime.h>
#include <fence.h>

#include <deque>

#include "device/cuda_elements.h"

namespace emulator {

// Work of a thread in groups, done in order, at the latest when it is waited for.
class AsyncGroups {
 public:
  void add(std::function<void()> work) { open_.push_back(std::move(work)); }
  void commit();
  // Does all but the latest groups.
  void wait(size_t left);
  // Does so much of the oldest work.
  void advance(size_t count);
  bool empty() const { return groups_.empty() && open_.empty(); }

 private:
  using Group = std::deque<std::function<void()>>;
  Group open_;
  std::deque<Group> groups_;
};
// Those of this thread.
AsyncGroups& copies();

inline uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(static_cast<const unsigned char*>(p) - shared_bytes());
}

inline void copy_async16(void* to, const void* from, bool inside) {
  copies().add([=] { inside ? std::memcpy(to, from, 16) : std::memset(to, 0, 16); });
}
inline void copy_async4(void* to, const void* from, bool inside) {
  copies().add([=] { inside ? std::memcpy(to, from, 4) : std::memset(to, 0, 4); });
}
inline void copy_async_commit() { copies().commit(); }
template <int kGroups>
void copy_async_wait() {
  copies().wait(kGroups);
}

void load_matrices(uint32_t (&r)[4], const void* row);

// The products of two words of elements, added up exactly.
inline double multiply_words(int element, uint32_t a, uint32_t b) {
  if (element == BOREAL_CUDA_TF32) {
    // The hardware does not look at the last bits.
    return static_cast<double>(boreal::bits_float(a & ~0x1fffu)) *
           static_cast<double>(boreal::bits_float(b & ~0x1fffu));
  }
  double sum = 0;
  for (int shift = 0; shift < 32; shift += 16) {
    const uint32_t x = a >> shift & 0xffff, y = b >> shift & 0xffff;
    sum +=
        element == BOREAL_CUDA_FLOAT16
            ? static_cast<double>(boreal::from_float16(x)) * static_cast<double>(boreal::from_float16(y))
            : static_cast<double>(boreal::from_bfloat16(x)) * static_cast<double>(boreal::from_bfloat16(y));
  }
  return sum;
}

inline int32_t multiply_codes(uint32_t a, uint32_t b) {
  int32_t sum = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    sum += static_cast<int32_t>(a >> shift & 0xff) * static_cast<int8_t>(b >> shift & 0xff);
  }
  return sum;
}

// Wraps, as the hardware's sums do.
inline int32_t dot_of_codes(uint32_t codes, uint32_t weights, int32_t sum) {
  return static_cast<int32_t>(static_cast<uint32_t>(sum) +
                              static_cast<uint32_t>(multiply_codes(codes, weights)));
}

// What a lane brings to a product.
struct Fragments {
  uint32_t a[4], b[2];
};

template <int kElement, typename Sum>
void multiply_block(Sum (&sum)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  const Fragments own{{a[0], a[1], a[2], a[3]}, {b0, b1}};
  std::memcpy(exchange_of_lane(lane()), &own, sizeof(own));
  wait_for_warp();
  for (unsigned s = 0; s < 4; ++s) {
    const unsigned row = lane() / 4, column = lane() % 4 * 2 + s % 2;
    double exact = 0;
    uint32_t codes = 0;  // wraps, as the hardware's does
    for (unsigned part = 0; part < 8; ++part) {
      const unsigned quad = part % 4, half = part / 4;
      Fragments x, y;
      std::memcpy(&x, exchange_of_lane(row * 4 + quad), sizeof(x));
      std::memcpy(&y, exchange_of_lane(column * 4 + quad), sizeof(y));
      const uint32_t word = x.a[half * 2 + s / 2];
      if constexpr (kElement == BOREAL_CUDA_CODE) {
        codes += static_cast<uint32_t>(multiply_codes(word, y.b[half]));
      } else {
        exact += multiply_words(kElement, word, y.b[half]);
      }
    }
    if constexpr (kElement == BOREAL_CUDA_CODE) {
      sum[s] = static_cast<int32_t>(static_cast<uint32_t>(sum[s]) + codes);
    } else {
      sum[s] = static_cast<float>(static_cast<double>(sum[s]) + exact);
    }
  }
  wait_for_warp();
}

}  // namespace emulator
