#include "train/hist_gpu.h"

#include <algorithm>

namespace boreal {
namespace {

std::vector<BorealCudaSlice> slices_of(const std::vector<RowSlice>& slices) {
  std::vector<BorealCudaSlice> result;
  result.reserve(slices.size());
  for (const RowSlice& slice : slices) result.push_back(HistGpu::slice_of(slice));
  return result;
}

}  // namespace

HistGpu::HistGpu(const CudaTarget& target, const BinnedMatrix& x, size_t slots, bool count_rows)
    : api_(target.library->api().tree_training),
      all_rows_(x.rows()),
      cols_(x.cols()),
      counts_rows_(count_rows) {
  BorealCudaBins bins{};
  bins.by_row = x.row(0);
  bins.by_column = x.column(0);
  bins.rows = x.rows();
  bins.cols = static_cast<uint32_t>(x.cols());
  bins.stride = static_cast<uint32_t>(x.stride());
  bins.slots = static_cast<uint32_t>(slots);
  bins.counts = count_rows ? 1 : 0;
  bins.most = static_cast<uint32_t>(kMost);
  BorealCudaError error{};
  CudaLibrary::check(api_->create(target.device, &bins, &trees_, &error), error);
}

HistGpu::~HistGpu() { api_->destroy(trees_); }

RowSlice HistGpu::start(const QuantizedGradients& gradients, Span<uint32_t> rows, bool all_rows,
                        PackedPair* total) {
  const size_t count = all_rows ? all_rows_ : rows.size;
  call(api_->start, holds_loss() ? nullptr : gradients.data(), all_rows ? nullptr : rows.data, count, total);
  return {0, count, 0};
}

void HistGpu::split(std::vector<RowSplit>* splits) {
  std::vector<BorealCudaSplit> calls(splits->size());
  for (size_t k = 0; k < calls.size(); ++k) {
    const RowSplit& split = (*splits)[k];
    calls[k].slice = slice_of(split.slice);
    calls[k].column = static_cast<uint32_t>(split.column);
    std::copy(split.goes_left.begin(), split.goes_left.end(), calls[k].goes_left);
  }
  call(api_->split, calls.data(), static_cast<uint32_t>(calls.size()));
  for (size_t k = 0; k < calls.size(); ++k) {
    RowSplit& split = (*splits)[k];
    const size_t lefts = calls[k].lefts;
    const uint8_t side = 1 - split.slice.side;
    split.left = {split.slice.begin, lefts, side};
    split.right = {split.slice.begin + lefts, split.slice.count - lefts, side};
  }
}

void HistGpu::build(const std::vector<RowSlice>& slices, const std::vector<PackedPair*>& sums,
                    const std::vector<uint32_t*>& counts) {
  const std::vector<BorealCudaSlice> calls = slices_of(slices);
  call(api_->build, calls.data(), static_cast<uint32_t>(calls.size()), sums.data(), counts.data());
}

void HistGpu::rows(const std::vector<RowSlice>& slices, uint32_t* rows) {
  const std::vector<BorealCudaSlice> calls = slices_of(slices);
  call(api_->rows, calls.data(), static_cast<uint32_t>(calls.size()), rows);
}

// ---- Splits -----------------------------------------------------------------------------------------

bool HistGpu::load_search(const BinMapper& mapper, const BinnedMatrix& x, size_t histograms, size_t group) {
  std::vector<BorealCudaColumn> columns;
  for (size_t j = 0; j < cols_; ++j) columns.push_back({mapper.column(j).bins, x.has_missing(j) ? 1u : 0u});
  BorealCudaError error{};
  const int status = api_->load_search(trees_, columns.data(), static_cast<uint32_t>(histograms),
                                       static_cast<uint32_t>(group), &error);
  if (status == BOREAL_CUDA_OUT_OF_MEMORY) return false;
  CudaLibrary::check(status, error);
  search_group_ = group;
  return true;
}

std::vector<BorealCudaFound> HistGpu::search(const std::vector<BorealCudaBuild>& builds,
                                             const std::vector<BorealCudaPair>& pairs,
                                             const SplitRules& rules) {
  BorealCudaSearch search{};
  search.l2 = rules.l2;
  search.least_gain = rules.least_gain;
  search.possible = rules.possible_hessian();
  search.sure = rules.sure_hessian();
  search.least_rows = rules.least_rows;
  const size_t groups = (cols_ + search_group_ - 1) / search_group_;
  std::vector<BorealCudaFound> found(pairs.size() * groups * 2);
  call(api_->search, builds.data(), static_cast<uint32_t>(builds.size()), pairs.data(),
       static_cast<uint32_t>(pairs.size()), &search, found.data());
  return found;
}

// ---- Losses -----------------------------------------------------------------------------------------

bool HistGpu::has_loss(LossKind kind) {
  switch (kind) {
    case LossKind::kSquaredError:
    case LossKind::kHuber:
    case LossKind::kPoisson:
    case LossKind::kGamma:
    case LossKind::kTweedie:
    case LossKind::kLogistic:
    case LossKind::kSoftmax:
      return true;
    default:
      return false;
  }
}

void HistGpu::load_loss(LossKind kind, double parameter, size_t outputs, Span<double> y, Span<double> weights,
                        Span<double> scores, size_t most_leaves, size_t most_sums) {
  const BorealCudaLoss loss{static_cast<int32_t>(kind),
                            static_cast<uint32_t>(outputs),
                            parameter,
                            y.data,
                            weights.size == 0 ? nullptr : weights.data,
                            scores.data,
                            most_leaves,
                            most_sums};
  call(api_->load_loss, &loss);
  outputs_ = outputs;
}

void HistGpu::compute_gradients() { call(api_->gradients); }

std::vector<BorealCudaRange> HistGpu::ranges(const Partition& parts, size_t output) {
  std::vector<BorealCudaRange> ranges(parts.count());
  const BorealCudaParts cut = parts_of(parts);
  call(api_->ranges, static_cast<uint32_t>(output), &cut, ranges.data());
  return ranges;
}

void HistGpu::quantize(size_t output, double gradient_scale, double hessian_scale, uint64_t one) {
  call(api_->quantize, static_cast<uint32_t>(output), gradient_scale, hessian_scale, one);
}

std::vector<double> HistGpu::leaf_sums(size_t output, const std::vector<RowSlice>& slices,
                                       const Partition& parts) {
  const std::vector<BorealCudaSlice> leaves = slices_of(slices);
  std::vector<double> sums(2 * slices.size());
  const BorealCudaParts cut = parts_of(parts);
  call(api_->leaf_sums, static_cast<uint32_t>(output), leaves.data(), static_cast<uint32_t>(leaves.size()),
       &cut, sums.data());
  return sums;
}

void HistGpu::add_values(size_t output, const std::vector<RowSlice>& slices,
                         const std::vector<double>& values) {
  const std::vector<BorealCudaSlice> leaves = slices_of(slices);
  call(api_->add_values, static_cast<uint32_t>(output), leaves.data(), values.data(),
       static_cast<uint32_t>(leaves.size()));
}

void HistGpu::add_tree(size_t output, const HistTree& tree, const BinMapper& mapper) {
  std::vector<BorealCudaTreeNode> nodes;
  for (const HistTree::Node& from : tree.nodes) {
    BorealCudaTreeNode node{};
    node.column = from.column;
    node.left = from.left;
    node.set = from.set;
    node.bin = from.bin;
    node.missing_left = from.missing_left;
    node.categorical = from.categorical;
    if (from.column >= 0) {
      node.missing_bin = static_cast<uint8_t>(mapper.column(static_cast<size_t>(from.column)).bins);
    }
    nodes.push_back(node);
  }
  std::vector<uint64_t> sets;
  for (const BinSet& set : tree.sets) sets.insert(sets.end(), set.words().begin(), set.words().end());
  const BorealCudaBinnedTree binned{nodes.data(),
                                    sets.data(),
                                    tree.values.data(),
                                    static_cast<uint32_t>(nodes.size()),
                                    static_cast<uint32_t>(tree.sets.size()),
                                    static_cast<uint32_t>(tree.values.size()),
                                    0};
  call(api_->add_tree, static_cast<uint32_t>(output), &binned);
}

std::vector<double> HistGpu::loss_sums(const Partition& parts) {
  std::vector<double> sums(parts.count());
  const BorealCudaParts cut = parts_of(parts);
  call(api_->loss_sums, &cut, sums.data());
  return sums;
}

void HistGpu::write_scores(double* to) { call(api_->scores, to); }

}  // namespace boreal
