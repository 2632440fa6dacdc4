#include BOREAL_SIMD

#include "kernels/generic/forest_mux.inl.h"
#include "kernels/generic/forest_rank.inl.h"
#include "kernels/generic/forest_walk.inl.h"
#include "kernels/isa.h"

namespace boreal {
namespace BOREAL_ISA {

constexpr ForestKernels kForest = {walk_rows,   walk_trees, rank<float>, rank<double>, mux,
                                   mux_perfect, add_leaves, walk_ranks,  sum_ranks};

}  // namespace BOREAL_ISA
}  // namespace boreal
