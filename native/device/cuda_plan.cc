#include "device/cuda_plan.h"

#include <algorithm>
#include <map>

#include "device/cuda_forest.h"
#include "device/cuda_ops.h"
#include "device/cuda_steps.h"
#include "device/resident_trees.h"

namespace boreal {
namespace {

// Work of one step down a tree, as flops: about that many instructions.
constexpr double kTreeStepFlops = 16;

class Planner : public CudaStepWriter {
 public:
  Planner(const Plan& plan, size_t shared_bytes, uint64_t pass_bytes, CudaArithmetic arithmetic)
      : CudaStepWriter(plan, pass_bytes, arithmetic), shared_bytes_(shared_bytes) {}

  CudaPlan make() {
    out_.input_width = plan_.input_width;
    out_.output_width = plan_.output_width();
    out_.row_bytes = {bytes_of(plan_.input_width), bytes_of(out_.output_width)};
    for (size_t slot = 0; slot <= plan_.ops.size(); ++slot) {
      const SlotPlace place = storage_.place(slot);
      if (place.kind == SlotPlace::kScratch) scratch_ = std::max(scratch_, place.ordinal + 1);
    }
    out_.row_bytes.resize(kFirstScratch + scratch_, 0);
    for (index_ = 0; index_ < plan_.ops.size(); ++index_) {
      std::visit([&](const auto& op) { add(op); }, plan_.ops[index_].kind);
    }
    if (storage_.place(plan_.ops.size()).kind == SlotPlace::kInput) {  // checks and nothing else
      index_ = plan_.ops.size() - 1;
      BorealCudaStep& step = step_for(BOREAL_CUDA_PLACE, "copy");
      step.out = kOutputBuffer;
      step.in[0] = kInputBuffer;
    }
    uint64_t total = 0;
    for (const uint64_t bytes : out_.row_bytes) total += bytes;
    out_.max_rows = std::clamp<uint64_t>(pass_bytes_ / std::max<uint64_t>(total, 1), 1, most_rows_);
    for (const BorealCudaStep& step : out_.steps) {
      out_.row_traffic += bytes_of(step.in_width[0] + step.out_width);
    }
    return std::move(out_);
  }

 private:
  void add(const CheckOp& check) {
    step_for(BOREAL_CUDA_CHECK, check.rule == FiniteRule::kFinite ? "finite" : "finite or NaN").n[0] =
        static_cast<int32_t>(check.rule);
  }
  void add(const GatherOp& gather) { step_for(BOREAL_CUDA_GATHER).c[0] = out_.arena.add(gather.columns); }
  void add(const ConcatOp&) {
    int32_t first = 0;
    for (const uint32_t slot : op().inputs) {
      const size_t part = plan_.slot_width(slot);
      if (part > 0) {
        BorealCudaStep& step = step_for(BOREAL_CUDA_PLACE, "columns from " + std::to_string(first));
        step.in[0] = buffer_of(slot);
        step.in_width[0] = static_cast<uint32_t>(part);
        step.n[0] = first;
      }
      first += static_cast<int32_t>(part);
    }
  }
  void add(const ImputeOp& impute) { step_for(BOREAL_CUDA_IMPUTE).c[0] = out_.arena.add_floats(impute.fill); }
  void add(const AffineOp& affine) {
    BorealCudaStep& step = step_for(BOREAL_CUDA_AFFINE);
    step.c[0] = out_.arena.add_floats(affine.shift);
    step.c[1] = out_.arena.add_floats(affine.scale);
  }
  void add(const CategoryOp& category) {
    BorealCudaStep& step = step_for(BOREAL_CUDA_CATEGORY, std::to_string(category.values.size) + " values");
    step.c[0] = out_.arena.add(category.offsets.data, category.offsets.size);
    step.c[1] = out_.arena.add_floats(category.values);
    step.n[0] = category.reject_unknown;
  }
  void add(const OneHotOp& one_hot) {
    std::vector<int32_t> columns;  // (input, code) of each
    for (size_t j = 0; j < one_hot.sizes.size; ++j) {
      for (int32_t code = 0; code < one_hot.sizes[j]; ++code) {
        if (code != one_hot.drop[j]) columns.insert(columns.end(), {static_cast<int32_t>(j), code});
      }
    }
    step_for(BOREAL_CUDA_ONE_HOT).c[0] = out_.arena.add(columns);
  }
  void add(const ActivationOp& activation) {
    step_for(BOREAL_CUDA_UNARY).n[0] = static_cast<int32_t>(activation.kind);
  }
  void add(const SoftmaxOp&) { step_for(BOREAL_CUDA_SOFTMAX); }
  void add(const ArgMaxOp&) { step_for(BOREAL_CUDA_ARGMAX); }
  void add(const CombineOp& binary) {
    BorealCudaStep& step = step_for(BOREAL_CUDA_BINARY);
    step.n[0] = static_cast<int32_t>(binary.function);
    step.n[1] = static_cast<int32_t>(op().inputs.size());
    if (op().inputs.size() == 1) step.c[0] = out_.arena.add_floats(binary.operand);
  }
  void add(const SelectOp&) { step_for(BOREAL_CUDA_SELECT); }
  void add(const ConstantOp& constant) {
    step_for(BOREAL_CUDA_CONSTANT).c[0] = out_.arena.add_floats(constant.values);
  }
  void add(const RowFoldOp& fold) { step_for(BOREAL_CUDA_FOLD).n[0] = static_cast<int32_t>(fold.fold); }
  void add(const LookupOp& lookup) {
    BorealCudaStep& step = step_for(BOREAL_CUDA_LOOKUP, std::to_string(lookup.values.size) + " values");
    step.c[0] = out_.arena.add(lookup.offsets.data, lookup.offsets.size);
    step.c[1] = out_.arena.add_floats(lookup.values);
    step.c[2] = out_.arena.add_floats(lookup.otherwise);
  }
  void add(const Float32Op&) {}

  // ---- Products and distances ----

  // The layers from the op on that one kernel runs: narrow, each read by the next one only; of numbers, or of
  // elements of 16 bits whose weights fit into shared memory.
  std::vector<const DenseOp*> narrow_layers() const {
    std::vector<const DenseOp*> layers;
    if (!arithmetic_.together) return layers;
    if (tensor_layer() != nullptr && element_bytes(tensor_layer()->kind) != 2) return layers;
    size_t widest = 0;
    for (size_t index = index_; index < plan_.ops.size(); ++index) {
      const DenseOp* dense = std::get_if<DenseOp>(&plan_.ops[index].kind);
      if (dense == nullptr || dense->outputs > BOREAL_CUDA_MLP_WIDTH) break;
      if ((layer_of(index) == nullptr) != (tensor_layer() == nullptr)) break;
      const size_t input = plan_.ops[index].inputs[0];
      if (plan_.slot_width(input) > BOREAL_CUDA_MLP_WIDTH) break;
      if (!layers.empty() && (input != index || readers_[input] != 1)) break;
      widest = std::max({widest, plan_.slot_width(input), dense->outputs});
      const size_t layer_bytes =
          tensor_layer() == nullptr ? 0 : mlp_layer_bytes(widest <= 64 ? 64 : BOREAL_CUDA_MLP_WIDTH);
      if ((layers.size() + 1) * layer_bytes > shared_bytes_) break;
      layers.push_back(dense);
    }
    return layers;
  }
  static uint32_t widest_of(const std::vector<const DenseOp*>& layers) {
    size_t widest = 0;
    for (const DenseOp* layer : layers) {
      widest = std::max({widest, layer->weights.size / layer->outputs, layer->outputs});
    }
    return static_cast<uint32_t>(widest);
  }

  void add(const DenseOp& dense) {
    std::vector<const DenseOp*> layers = narrow_layers();
    // The memory of the input may be that of a later slot: the blocks of one kernel would disturb each other.
    const uint32_t input = buffer_of(op().inputs[0]);
    while (layers.size() > 1 && buffer_of(index_ + layers.size()) == input) layers.pop_back();
    if (layers.size() > 1) return add_layers(layers);
    if (tensor_layer() != nullptr) return add_tensor_steps(*this, dense);
    BorealCudaStep& step = step_for(BOREAL_CUDA_PRODUCT);
    step.c[0] = out_.arena.add_floats(dense.weights);
    step.c[1] = out_.arena.add_floats(dense.bias);
    step.n[1] = dense.activation == Unary::kIdentity ? BOREAL_CUDA_PLAIN : BOREAL_CUDA_ACTIVATION;
    step.n[2] = static_cast<int32_t>(dense.activation);
    out_.row_flops += 2.0 * static_cast<double>(dense.weights.size);
  }

  void add_layers(const std::vector<const DenseOp*>& layers) {
    const TensorLayer* const elements = tensor_layer();
    const bool takes_elements = rows_[op().inputs[0]].kind != BOREAL_CUDA_FLOAT32;
    std::vector<BorealCudaLayer> table;
    for (const DenseOp* layer : layers) {
      const uint64_t weights =
          elements == nullptr ? out_.arena.add_floats(layer->weights)
                              : add_weights(out_.arena, *layer_of(index_ + table.size()), layer->weights);
      table.push_back({weights, out_.arena.add_floats(layer->bias),
                       static_cast<int32_t>(layer->weights.size / layer->outputs),
                       static_cast<int32_t>(layer->outputs), static_cast<int32_t>(layer->activation), 0});
      out_.row_flops += 2.0 * static_cast<double>(layer->weights.size);
    }
    std::string details = std::to_string(layers.size()) + " layers";
    if (elements != nullptr) details += std::string(", ") + element_name(elements->kind);
    BorealCudaStep& step = step_for(BOREAL_CUDA_MLP, details);
    step.c[0] = out_.arena.add(table);
    step.n[0] = static_cast<int32_t>(layers.size());
    step.n[1] = static_cast<int32_t>(widest_of(layers));
    step.n[2] = elements == nullptr ? BOREAL_CUDA_FLOAT32 : elements->kind;
    step.n[3] = takes_elements;
    index_ += layers.size() - 1;
    step.n[4] = makes_elements();
    step.out = buffer_of(index_ + 1);
    step.out_width = static_cast<uint32_t>(op().width);
  }

  void add(const PointDistanceOp& distance) {
    BorealCudaStep& step = step_for(BOREAL_CUDA_PRODUCT, std::to_string(distance.outputs) + " points");
    step.c[0] = add_transposed(distance.points, distance.outputs);
    step.n[0] = distance.metric == Metric::kManhattan   ? BOREAL_CUDA_MAGNITUDE
                : distance.metric == Metric::kChebyshev ? BOREAL_CUDA_LARGEST
                                                        : BOREAL_CUDA_SQUARED;
    step.n[1] = distance.metric == Metric::kEuclidean ? BOREAL_CUDA_ROOT : BOREAL_CUDA_PLAIN;
    out_.row_flops += 3.0 * static_cast<double>(distance.points.size);
  }

  void add(const KernelExpansionOp& expansion) {
    if (expansion.count == 0) {  // a machine without support vectors: its bias for every row
      step_for(BOREAL_CUDA_CONSTANT).c[0] = out_.arena.add_floats(expansion.bias);
      return;
    }
    const uint32_t kernels = own_buffer(bytes_of(expansion.count));
    BorealCudaStep& values = step_for(BOREAL_CUDA_PRODUCT, std::to_string(expansion.count) + " vectors");
    values.c[0] = add_transposed(expansion.vectors, expansion.count);
    values.n[0] = expansion.function == KernelFunction::kRbf ? BOREAL_CUDA_SQUARED : BOREAL_CUDA_MULTIPLY;
    values.n[1] = expansion.function == KernelFunction::kLinear       ? BOREAL_CUDA_PLAIN
                  : expansion.function == KernelFunction::kPolynomial ? BOREAL_CUDA_POLYNOMIAL
                  : expansion.function == KernelFunction::kRbf        ? BOREAL_CUDA_RBF
                                                                      : BOREAL_CUDA_SIGMOID;
    values.x[0] = expansion.gamma;
    values.x[1] = expansion.coef0;
    values.x[2] = expansion.degree;
    values.out = kernels;
    values.out_width = static_cast<uint32_t>(expansion.count);
    BorealCudaStep& sum = step_for(BOREAL_CUDA_PRODUCT, "their sum");
    sum.in[0] = kernels;
    sum.in_width[0] = static_cast<uint32_t>(expansion.count);
    sum.c[0] = out_.arena.add_floats(expansion.weights);
    sum.c[1] = out_.arena.add_floats(expansion.bias);
    out_.row_flops += 3.0 * static_cast<double>(expansion.vectors.size + expansion.weights.size);
  }

  // ---- Forests ----

  void add(const ForestOp& op) {
    const CudaForest forest(op);
    const bool each = op.aggregate == ForestAggregate::kPerTree;
    const uint32_t ranks = own_buffer(forest.rank_words() * sizeof(uint32_t));
    const uint32_t sums = each ? 0 : own_buffer(op.outputs * sizeof(double));
    const int32_t bytes = static_cast<int32_t>(forest.rank_bytes());
    if (!forest.columns.empty()) {
      BorealCudaStep& rank =
          step_for(BOREAL_CUDA_RANK, std::to_string(forest.columns.size()) + " columns of " +
                                         (forest.small ? "1 byte" : "2 bytes"));
      rank.out = ranks;
      rank.out_width = static_cast<uint32_t>(forest.rank_words());
      rank.n[0] = static_cast<int32_t>(forest.columns.size());
      rank.n[1] = bytes;
      rank.n[2] = op.compare == ForestCompare::kFloat64;
      rank.c[0] = out_.arena.add(forest.columns);
      rank.c[1] = out_.arena.add(forest.cuts);
      rank.c[2] = out_.arena.add(forest.set_words);
    }
    const uint64_t nodes =
        forest.small ? out_.arena.add(forest.small_nodes) : out_.arena.add(forest.large_nodes);
    const uint64_t values = out_.arena.add(forest.values);
    for (const CudaTreeBatch& batch : batch_trees(forest, op, tree_bytes())) {
      add_batch(op, forest, batch, {nodes, values, ranks, each ? buffer_of(index_ + 1) : sums});
    }
    if (!each) {
      BorealCudaStep& result = step_for(BOREAL_CUDA_TREE_RESULT);
      result.in[0] = sums;
      result.in_width[0] = 2 * result.out_width;
      result.x[0] = op.aggregate == ForestAggregate::kMean ? static_cast<double>(op.trees()) : 1;
    }
  }

  struct ForestPlaces {
    uint64_t nodes, values;
    uint32_t ranks, out;
  };
  void add_batch(const ForestOp& op, const CudaForest& forest, const CudaTreeBatch& batch,
                 const ForestPlaces& places) {
    const bool each = op.aggregate == ForestAggregate::kPerTree;
    const uint32_t begin = batch.first < batch.last ? forest.trees[batch.first].begin : 0;
    const size_t end = batch.last < forest.trees.size() ? forest.trees[batch.last].begin : forest.nodes();
    std::vector<BorealCudaTree> trees(forest.trees.begin() + static_cast<std::ptrdiff_t>(batch.first),
                                      forest.trees.begin() + static_cast<std::ptrdiff_t>(batch.last));
    for (BorealCudaTree& tree : trees) {
      tree.begin -= begin;
      out_.row_flops += kTreeStepFlops * tree.depth;
    }
    const size_t node_bytes = forest.small ? sizeof(BorealCudaSmallNode) : sizeof(BorealCudaNode);
    const bool resident =
        forest.small && trees_may_reside(resident_tree_bytes(trees.size(), end - begin),
                                         std::max<size_t>(forest.rank_words(), 1), shared_bytes_);
    BorealCudaStep& step =
        step_for(each ? BOREAL_CUDA_TREE_VALUES : BOREAL_CUDA_TREES,
                 std::to_string(trees.size()) + " trees, " +
                     (resident ? "resident from " + std::to_string(kResidentRows) + " rows on" : "streamed"));
    step.in[0] = places.ranks;
    step.in_width[0] = static_cast<uint32_t>(forest.rank_words());
    step.out = places.out;
    step.c[0] = places.nodes + begin * node_bytes;
    step.c[1] = out_.arena.add(trees);
    step.c[2] = places.values + (forest.small ? begin * forest.width * sizeof(double) : 0);
    step.n[0] = static_cast<int32_t>(trees.size());
    step.n[1] = static_cast<int32_t>(forest.rank_bytes());
    step.n[2] = static_cast<int32_t>(forest.width);
    step.n[3] = static_cast<int32_t>(each ? batch.first : batch.output);
    step.n[4] = batch.starts;
    step.n[5] = static_cast<int32_t>(end - begin);
    step.x[0] = static_cast<double>(forest.columns.size());
  }

  // Nodes leave room for the ranks of a block's rows.
  size_t tree_bytes() const { return shared_bytes_ / 2; }

  template <typename Other>
  void add(const Other& other) {
    add_cuda_steps(*this, other);
  }

  const size_t shared_bytes_;
};

}  // namespace

uint64_t CudaArena::add_floats(Span<double> values) {
  std::vector<float> floats(values.size);
  for (size_t i = 0; i < values.size; ++i) floats[i] = static_cast<float>(values[i]);
  return add(floats);
}

BorealCudaPlan CudaPlan::view() const {
  return {steps.data(),
          static_cast<uint32_t>(steps.size()),
          static_cast<uint32_t>(input_width),
          static_cast<uint32_t>(output_width),
          static_cast<uint32_t>(row_bytes.size()),
          row_bytes.data(),
          arena.bytes().data(),
          arena.bytes().size(),
          max_rows,
          math_library.rows,
          math_library.path.empty() ? nullptr : math_library.path.c_str()};
}

CudaPlan plan_cuda(const Plan& plan, size_t shared_bytes, uint64_t pass_bytes, CudaArithmetic arithmetic) {
  require_elements(arithmetic.products, arithmetic.capability);
  return Planner(plan, shared_bytes, pass_bytes, arithmetic).make();
}

const char* cuda_kernel_name(const BorealCudaStep& step) {
  static const std::map<int32_t, const char*> kNames = {{BOREAL_CUDA_CHECK, "Check"},
                                                        {BOREAL_CUDA_GATHER, "Gather"},
                                                        {BOREAL_CUDA_PLACE, "Place"},
                                                        {BOREAL_CUDA_IMPUTE, "Impute"},
                                                        {BOREAL_CUDA_AFFINE, "Affine"},
                                                        {BOREAL_CUDA_CATEGORY, "Category"},
                                                        {BOREAL_CUDA_ONE_HOT, "OneHot"},
                                                        {BOREAL_CUDA_UNARY, "Unary"},
                                                        {BOREAL_CUDA_BINARY, "Binary"},
                                                        {BOREAL_CUDA_SELECT, "Select"},
                                                        {BOREAL_CUDA_CONSTANT, "Constant"},
                                                        {BOREAL_CUDA_LOOKUP, "Lookup"},
                                                        {BOREAL_CUDA_SOFTMAX, "Softmax"},
                                                        {BOREAL_CUDA_ARGMAX, "ArgMax"},
                                                        {BOREAL_CUDA_FOLD, "Fold"},
                                                        {BOREAL_CUDA_PRODUCT, "Product"},
                                                        {BOREAL_CUDA_MLP, "Mlp"},
                                                        {BOREAL_CUDA_RANK, "Rank"},
                                                        {BOREAL_CUDA_TREES, "Trees"},
                                                        {BOREAL_CUDA_TREE_VALUES, "TreeValues"},
                                                        {BOREAL_CUDA_TREE_RESULT, "TreeResult"},
                                                        {BOREAL_CUDA_CAST, "Cast"},
                                                        {BOREAL_CUDA_QUANTIZE, "Quantize"},
                                                        {BOREAL_CUDA_TENSOR_PRODUCT, "TensorProduct"},
                                                        {BOREAL_CUDA_TENSOR_CONV, "TensorConv"},
                                                        {BOREAL_CUDA_SCALE, "Scale"},
                                                        {BOREAL_CUDA_DRAW, "Draw"},
                                                        {BOREAL_CUDA_QUANTILE, "Quantile"},
                                                        {BOREAL_CUDA_LEAF_LINEAR, "LeafLinear"},
                                                        {BOREAL_CUDA_INTERPOLATE, "Interpolate"},
                                                        {BOREAL_CUDA_COUPLING, "Coupling"},
                                                        {BOREAL_CUDA_NON_NEGATIVE, "NonNegative"},
                                                        {BOREAL_CUDA_UNIT, "Unit"},
                                                        {BOREAL_CUDA_POWERS, "Powers"},
                                                        {BOREAL_CUDA_NEAREST, "Nearest"},
                                                        {BOREAL_CUDA_VOTE, "Vote"},
                                                        {BOREAL_CUDA_WITHIN, "Within"},
                                                        {BOREAL_CUDA_PLACE_ROW, "PlaceRow"},
                                                        {BOREAL_CUDA_SHARED_DISTANCES, "Distances"},
                                                        {BOREAL_CUDA_DONORS, "Donors"},
                                                        {BOREAL_CUDA_CONV, "Conv"},
                                                        {BOREAL_CUDA_POOL, "Pool"},
                                                        {BOREAL_CUDA_ACTIVATE, "Activate"},
                                                        {BOREAL_CUDA_LAYER_NORM, "LayerNorm"},
                                                        {BOREAL_CUDA_EMBEDDING, "Embedding"},
                                                        {BOREAL_CUDA_DIVERGENCE, "Divergence"}};
  const auto found = kNames.find(step.kernel);
  return found == kNames.end() ? "" : found->second;
}

}  // namespace boreal
