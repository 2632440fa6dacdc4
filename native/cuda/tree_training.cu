// The table of functions that grows trees.
#include <memory>

#include "cuda/guard.cuh"
#include "cuda/tree_growth.cuh"
#include "cuda/tree_loss.cuh"
#include "cuda/tree_search.cuh"

// The handle of the C interface.
struct BorealCudaTrees {
  boreal::cuda::TreeGrowth growth;
  std::unique_ptr<boreal::cuda::TreeSearch> search;
  std::unique_ptr<boreal::cuda::TreeLoss> loss;
};

namespace boreal {
namespace cuda {
namespace {

int create(int32_t device, const BorealCudaBins* bins, BorealCudaTrees** trees, BorealCudaError* error) {
  return guarded(error, [&] { *trees = new BorealCudaTrees{{device, *bins}, nullptr, nullptr}; });
}
void destroy(BorealCudaTrees* trees) {
  if (trees == nullptr) return;
  trees->growth.leave();
  delete trees;
}
int start(BorealCudaTrees* trees, const uint64_t* gradients, const uint32_t* rows, uint64_t count,
          uint64_t* total, BorealCudaError* error) {
  return guarded(error, [&] { *total = trees->growth.start(gradients, rows, count); });
}
int split(BorealCudaTrees* trees, BorealCudaSplit* splits, uint32_t count, BorealCudaError* error) {
  return guarded(error, [&] { trees->growth.split(splits, count); });
}
int load_build(BorealCudaTrees* trees, BorealCudaError* error) {
  return guarded(error, [&] { trees->growth.load_build(); });
}
int build(BorealCudaTrees* trees, const BorealCudaSlice* slices, uint32_t count, uint64_t* const* sums,
          uint32_t* const* counts, BorealCudaError* error) {
  return guarded(error, [&] { trees->growth.build(slices, count, sums, counts); });
}
int rows(BorealCudaTrees* trees, const BorealCudaSlice* slices, uint32_t count, uint32_t* rows,
         BorealCudaError* error) {
  return guarded(error, [&] { trees->growth.rows(slices, count, rows); });
}

int load_search(BorealCudaTrees* trees, const BorealCudaColumn* columns, uint32_t histograms, uint32_t group,
                BorealCudaError* error) {
  return guarded(error, [&] {
    trees->search = std::make_unique<TreeSearch>(&trees->growth, columns, histograms, group);
  });
}
int search(BorealCudaTrees* trees, const BorealCudaBuild* builds, uint32_t build_count,
           const BorealCudaPair* pairs, uint32_t pair_count, const BorealCudaSearch* rules,
           BorealCudaFound* found, BorealCudaError* error) {
  return guarded(error,
                 [&] { trees->search->search(builds, build_count, pairs, pair_count, *rules, found); });
}

int load_loss(BorealCudaTrees* trees, const BorealCudaLoss* loss, BorealCudaError* error) {
  return guarded(error, [&] { trees->loss = std::make_unique<TreeLoss>(&trees->growth, *loss); });
}
int gradients(BorealCudaTrees* trees, BorealCudaError* error) {
  return guarded(error, [&] { trees->loss->gradients(); });
}
int ranges(BorealCudaTrees* trees, uint32_t output, const BorealCudaParts* parts, BorealCudaRange* ranges,
           BorealCudaError* error) {
  return guarded(error, [&] { trees->loss->ranges(output, *parts, ranges); });
}
int quantize(BorealCudaTrees* trees, uint32_t output, double gradient_scale, double hessian_scale,
             uint64_t one, BorealCudaError* error) {
  return guarded(error, [&] { trees->loss->quantize(output, gradient_scale, hessian_scale, one); });
}
int leaf_sums(BorealCudaTrees* trees, uint32_t output, const BorealCudaSlice* slices, uint32_t count,
              const BorealCudaParts* parts, double* sums, BorealCudaError* error) {
  return guarded(error, [&] { trees->loss->leaf_sums(output, slices, count, *parts, sums); });
}
int add_values(BorealCudaTrees* trees, uint32_t output, const BorealCudaSlice* slices, const double* values,
               uint32_t count, BorealCudaError* error) {
  return guarded(error, [&] { trees->loss->add_values(output, slices, values, count); });
}
int add_tree(BorealCudaTrees* trees, uint32_t output, const BorealCudaBinnedTree* tree,
             BorealCudaError* error) {
  return guarded(error, [&] { trees->loss->add_tree(output, *tree); });
}
int loss_sums(BorealCudaTrees* trees, const BorealCudaParts* parts, double* sums, BorealCudaError* error) {
  return guarded(error, [&] { trees->loss->loss_sums(*parts, sums); });
}
int scores(BorealCudaTrees* trees, double* scores, BorealCudaError* error) {
  return guarded(error, [&] { trees->loss->scores(scores); });
}

uint64_t memory_bytes(const BorealCudaTrees* trees) {
  return trees->growth.memory_bytes() + (trees->search == nullptr ? 0 : trees->search->memory_bytes()) +
         (trees->loss == nullptr ? 0 : trees->loss->memory_bytes());
}

}  // namespace

const BorealCudaTreeTraining kTreeTraining = {create,    destroy,   start,       split,       load_build,
                                              build,     rows,      load_search, search,      load_loss,
                                              gradients, ranges,    quantize,    leaf_sums,   add_values,
                                              add_tree,  loss_sums, scores,      memory_bytes};

}  // namespace cuda
}  // namespace boreal
