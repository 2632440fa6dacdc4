#include "device/cpu_forest.h"

#include <utility>

#include "device/cpu_forest_mux.h"
#include "device/cpu_forest_walk.h"

namespace boreal {

template <typename T>
CpuOpPtr<T> make_cpu_forest(const ForestOp& op, const OpPlace& place, const Kernels& kernels,
                            ForestEngine engine) {
  const ForestShape shape(op);
  const auto walk = [&] { return std::make_unique<CpuForestWalk<T>>(op, place, kernels, shape); };
  if (engine == ForestEngine::kWalk) return walk();
  const bool automatic = engine == ForestEngine::kAuto;
  const bool perfect = engine == ForestEngine::kPerfectMux;
  if (shape.most_leaves > kMuxLeaves || (perfect && shape.depth > kMuxDepth)) {
    return automatic ? CpuOpPtr<T>(walk()) : nullptr;
  }
  ForestRanks<T> ranks(op);
  const MuxShape best = perfect                        ? MuxShape::kPerfect
                        : engine == ForestEngine::kMux ? MuxShape::kAny
                                                       : cheapest_mux(shape);
  if (ranks.columns() > kRankColumns) return automatic ? CpuOpPtr<T>(walk()) : nullptr;
  if (automatic) {
    // A word is staged in a nanosecond, which pays where trees are few.
    const double words_ns = static_cast<double>(ranks.columns()) + walk_cost_ns(shape);
    if (ranks.row_cost_ns() + MuxCost(shape, best).block_row_ns > words_ns) return walk();
  }
  return std::make_unique<CpuForestMux<T>>(op, place, kernels, shape, std::move(ranks), best);
}
template CpuOpPtr<float> make_cpu_forest<float>(const ForestOp&, const OpPlace&, const Kernels&,
                                                ForestEngine);
template CpuOpPtr<double> make_cpu_forest<double>(const ForestOp&, const OpPlace&, const Kernels&,
                                                  ForestEngine);

}  // namespace boreal
