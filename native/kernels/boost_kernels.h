// What the search for splits of histogram boosting is made of. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace boreal {

// A node whose rows are cut between bins. A side of gradient G and Hessian H is worth G^2 / (H + l2).
struct GainScan {
  uint64_t first;            // packed sum that is left of bin 0 already
  double gradient, hessian;  // of the node
  double l2;
  double worth;         // what the sides' worth must exceed together, >= 0
  double may_hold;      // least Hessian of a side that may have enough rows,
  double surely_holds;  // and what it exceeds where it surely has
};

constexpr size_t kGainBins = 256;
constexpr size_t kGainSums = kGainBins + 16;  // whole registers

struct BoostKernels {
  // sums[b] = first + bins[0] + ... + bins[b], pairs as device/boosting_splits.h packs them, for b < count <=
  // kGainBins; of sums [kGainSums] more may be touched. Lists in `found`, ascending, bins among which are all
  // that no cut which surely holds beats, and returns how many: all whose worth comes within rounding of the
  // greatest, and some that are worth more than those before them.
  size_t (*find_gains)(const GainScan& scan, const uint64_t* bins, size_t count, uint64_t* sums,
                       int32_t* found) noexcept;
};

// The table of each instruction set; dispatch_boost.h picks one.
namespace scalar {
extern const BoostKernels kBoost;
}
namespace avx2 {
extern const BoostKernels kBoost;
}
namespace avx512 {
extern const BoostKernels kBoost;
}
namespace neon {
extern const BoostKernels kBoost;
}

}  // namespace boreal
