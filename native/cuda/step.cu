#include "cuda/launch.cuh"
#include "cuda/step.cuh"

namespace boreal {
namespace cuda {

void run_step(const StepCall& call) {
  switch (call.step.kernel) {
    case BOREAL_CUDA_CHECK:
      return run_check(call);
    case BOREAL_CUDA_GATHER:
      return run_gather(call);
    case BOREAL_CUDA_PLACE:
      return run_place(call);
    case BOREAL_CUDA_IMPUTE:
      return run_impute(call);
    case BOREAL_CUDA_AFFINE:
      return run_affine(call);
    case BOREAL_CUDA_CATEGORY:
      return run_category(call);
    case BOREAL_CUDA_ONE_HOT:
      return run_one_hot(call);
    case BOREAL_CUDA_UNARY:
      return run_unary(call);
    case BOREAL_CUDA_BINARY:
      return run_binary(call);
    case BOREAL_CUDA_SELECT:
      return run_select(call);
    case BOREAL_CUDA_CONSTANT:
      return run_constant(call);
    case BOREAL_CUDA_LOOKUP:
      return run_lookup(call);
    case BOREAL_CUDA_SOFTMAX:
      return run_softmax(call);
    case BOREAL_CUDA_ARGMAX:
      return run_argmax(call);
    case BOREAL_CUDA_FOLD:
      return run_fold(call);
    case BOREAL_CUDA_PRODUCT:
      return run_product(call);
    case BOREAL_CUDA_MLP:
      return run_mlp(call);
    case BOREAL_CUDA_RANK:
      return run_rank(call);
    case BOREAL_CUDA_TREES:
    case BOREAL_CUDA_TREE_VALUES:
      return run_trees(call);
    case BOREAL_CUDA_TREE_RESULT:
      return run_tree_result(call);
    case BOREAL_CUDA_CAST:
      return run_cast(call);
    case BOREAL_CUDA_QUANTIZE:
      return run_quantize(call);
    case BOREAL_CUDA_TENSOR_PRODUCT:
      return run_tensor_product(call);
    case BOREAL_CUDA_TENSOR_CONV:
      return run_tensor_conv(call);
    case BOREAL_CUDA_SCALE:
      return run_scale(call);
    case BOREAL_CUDA_DRAW:
      return run_draw(call);
    case BOREAL_CUDA_QUANTILE:
      return run_quantile(call);
    case BOREAL_CUDA_LEAF_LINEAR:
      return run_leaf_linear(call);
    case BOREAL_CUDA_INTERPOLATE:
      return run_interpolate(call);
    case BOREAL_CUDA_COUPLING:
      return run_coupling(call);
    case BOREAL_CUDA_NON_NEGATIVE:
      return run_non_negative(call);
    case BOREAL_CUDA_UNIT:
      return run_unit(call);
    case BOREAL_CUDA_POWERS:
      return run_powers(call);
    case BOREAL_CUDA_NEAREST:
      return run_nearest(call);
    case BOREAL_CUDA_VOTE:
      return run_vote(call);
    case BOREAL_CUDA_WITHIN:
      return run_within(call);
    case BOREAL_CUDA_PLACE_ROW:
      return run_place_row(call);
    case BOREAL_CUDA_SHARED_DISTANCES:
      return run_shared_distances(call);
    case BOREAL_CUDA_DONORS:
      return run_donors(call);
    case BOREAL_CUDA_CONV:
      return run_conv(call);
    case BOREAL_CUDA_POOL:
      return run_pool(call);
    case BOREAL_CUDA_ACTIVATE:
      return run_activate(call);
    case BOREAL_CUDA_LAYER_NORM:
      return run_layer_norm(call);
    case BOREAL_CUDA_EMBEDDING:
      return run_embedding(call);
    case BOREAL_CUDA_DIVERGENCE:
      return run_divergence(call);
    default:
      throw Failure(cudaErrorInvalidValue, "a step that this plug-in does not know");
  }
}

}  // namespace cuda
}  // namespace boreal
