// The kernel of cuts between bins against a search cut by cut, on every instruction set.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/rng.h"
#include "device/boosting_splits.h"
#include "kernels/dispatch.h"
#include "kernels/dispatch_boost.h"

namespace boreal {
namespace {

// A column of a node, with bins that have no rows, and what it looks for.
struct Node {
  std::vector<uint64_t> bins;
  PackedPair total;
  double l2, may_hold, surely_holds;

  Node(size_t count, uint64_t seed) : bins(count) {
    Rng rng(seed);
    for (uint64_t& bin : bins) {
      if (rng.uniform() < 0.3) continue;
      const auto gradient = static_cast<int64_t>((rng.uniform() - 0.5) * 1e6);
      bin = pack_pair(gradient, static_cast<uint64_t>(rng.uniform() * 1e5));
    }
    total = pack_pair(-12345, 40000);
    for (uint64_t bin : bins) total += bin;
    l2 = seed % 2 == 0 ? 0 : 1e4;
    may_hold = seed % 3 == 0 ? 0 : 1e5;
    surely_holds = 2e5;
  }

  double gain(PackedPair left) const {
    const double h = hessian_of(left), other = hessian_of(total) - h;
    if (h < may_hold || other < may_hold) return -1;
    const double g = gradient_of(left);
    return FreeGain(l2, total).gain(g, h, gradient_of(total) - g, other);
  }
};

TEST_CASE("boost kernels: no cut that may be the best is left out") {
  for (const Kernels* isa : available_kernels()) {
    CAPTURE(isa->name);
    for (uint64_t seed = 0; seed < 60; ++seed) {
      const Node node(1 + seed * 37 % 255, seed);
      const size_t count = node.bins.size();
      const PackedPair first = seed % 2 == 0 ? 0 : pack_pair(777, 333);
      const GainScan scan{first,
                          gradient_of(node.total),
                          hessian_of(node.total),
                          node.l2,
                          FreeGain(node.l2, node.total).worth_above(0),
                          node.may_hold,
                          node.surely_holds};
      std::array<uint64_t, kGainSums> sums;
      std::array<int32_t, kGainBins> found;
      const size_t size =
          boost_kernels(*isa).find_gains(scan, node.bins.data(), count, sums.data(), found.data());
      REQUIRE(size <= count);
      CHECK(std::is_sorted(found.begin(), found.begin() + size));
      double best = 0;
      PackedPair left = first;
      for (size_t b = 0; b < count; ++b) {
        left += node.bins[b];
        REQUIRE(sums[b] == left);
        const double h = hessian_of(left), other = hessian_of(node.total) - h;
        if (h > node.surely_holds && other > node.surely_holds) best = std::max(best, node.gain(left));
      }
      for (size_t b = 0; b < count; ++b) {
        const double gain = node.gain(sums[b]);
        const bool listed = std::find(found.begin(), found.begin() + size, b) != found.begin() + size;
        if (gain > 0 && gain >= best) CHECK(listed);
        if (listed) CHECK(gain > -1);
      }
    }
  }
}

}  // namespace
}  // namespace boreal
