// Random numbers with one stream on every ISA and platform: xoshiro256** (Blackman & Vigna, 2018,
// https://prng.di.unimi.it) seeded by SplitMix64. Each task derives its own stream from (seed, stream),
// so results do not depend on which thread runs it. Integers and [0,1) doubles only: no libm.
#pragma once

#include <cstdint>

#include "base/host_device.h"

namespace boreal {

class Rng {
 public:
  BOREAL_HOST_DEVICE explicit Rng(uint64_t seed, uint64_t stream = 0) {
    uint64_t x = seed + 0x9e3779b97f4a7c15ull * (stream + 1);
    // Two rounds decorrelate neighbouring (seed, stream) pairs before the state is filled.
    x = split_mix(x) ^ (seed << 1);
    for (uint64_t& word : state_) word = split_mix(x);
  }

  BOREAL_HOST_DEVICE uint64_t next() {
    const uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound), bound >= 1: the multiply-shift of Lemire (2019) with rejection, so unbiased.
  BOREAL_HOST_DEVICE uint32_t below(uint32_t bound) {
    uint64_t m = (next() >> 32) * bound;
    if (static_cast<uint32_t>(m) < bound) {
      const uint32_t threshold = static_cast<uint32_t>(-bound) % bound;
      while (static_cast<uint32_t>(m) < threshold) m = (next() >> 32) * bound;
    }
    return static_cast<uint32_t>(m >> 32);
  }

  // Uniform in [0, 1) with 53 bits.
  BOREAL_HOST_DEVICE double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  BOREAL_HOST_DEVICE static uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  BOREAL_HOST_DEVICE static uint64_t split_mix(uint64_t& x) {
    uint64_t z = (x += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  uint64_t state_[4];
};

}  // namespace boreal
