#include "train/nmf_divergence.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/thread_pool.h"
#include "linalg/divergence.h"
#include "linalg/packed_matrix.h"
#include "linalg/settled.h"

namespace boreal {
namespace {

constexpr size_t kMostSums = size_t{1} << 23;   // numbers that the parts of a sum may hold together
constexpr size_t kMostBlock = size_t{1} << 16;  // numbers of a block of rows
constexpr size_t kBlockRows = 64;

// Options of a product within a job.
GemmOptions<double> alone() {
  GemmOptions<double> options;
  options.max_threads = 1;
  return options;
}

// Both factors on their way, whatever x is.
class Updates {
 public:
  Updates(const NmfRows& x, const NmfSpec& spec, std::vector<double> w, std::vector<double> h,
          const CancelToken* cancel)
      : w(std::move(w)), h(std::move(h)), x_(x), spec_(spec), divergence_(spec.beta), cancel_(cancel) {}
  virtual ~Updates() = default;

  virtual void update_w() = 0;
  virtual void update_h() = 0;
  virtual double divergence() const = 0;
  virtual std::vector<double> parts() const { return h; }  // [k, cols]

  std::vector<double> w, h;

 protected:
  size_t k() const { return spec_.components; }
  double next_w(double value, double above, double below) const {
    return kept(divergence_.updated(value, above, below, spec_.l1_w, spec_.l2_w), spec_.beta < 1);
  }
  double next_h(double value, double above, double below) const {
    return kept(divergence_.updated(value, above, below, spec_.l1_h, spec_.l2_h), spec_.beta <= 1);
  }

  const NmfRows& x_;
  const NmfSpec& spec_;
  const Divergence divergence_;
  const CancelToken* cancel_;

 private:
  static double kept(double value, bool vanishes) { return vanishes && value < kVanished ? 0 : value; }
};

// sums[t] = the sum of column t of a [rows, k]
std::vector<double> column_sums(const std::vector<double>& a, size_t k) {
  std::vector<double> sums(k, 0.0);
  for (size_t at = 0; at < a.size(); ++at) sums[at % k] += a[at];
  return sums;
}

// Products of blocks of rows with h, dense: of any divergence.
class DenseUpdates final : public Updates {
 public:
  using Updates::Updates;

  void update_w() override {
    const PackedMatrix<double> h_packed(view(h)), ht_packed(view(h), true);
    std::vector<double> sums(k(), 0.0);
    for (size_t at = 0; at < h.size(); ++at) sums[at / x_.cols()] += h[at];
    each_block(nmf_parts(x_.rows()), [&](size_t, Block& block) {
      block.compute(*this, h_packed);
      block.above.resize(block.count * k());
      ht_packed.multiply(block.ratio_view(), dense_view(block.above.data(), block.count, k()), alone());
      if (!divergence_.sums_below()) {
        block.below.resize(block.above.size());
        ht_packed.multiply(block.product_view(), dense_view(block.below.data(), block.count, k()), alone());
      }
      double* const own = w.data() + block.from * k();
      for (size_t at = 0; at < block.above.size(); ++at) {
        own[at] =
            next_w(own[at], block.above[at], divergence_.sums_below() ? sums[at % k()] : block.below[at]);
      }
    });
  }

  void update_h() override {
    const bool sums_below = divergence_.sums_below();
    const size_t size = h.size(), most = std::max<size_t>(kMostSums / ((sums_below ? 1 : 2) * size), 1);
    const Partition rows = nmf_parts(x_.rows(), most);
    std::vector<std::vector<double>> above(rows.count()), below(rows.count());
    const PackedMatrix<double> h_packed(view(h));
    each_block(rows, [&](size_t part, Block& block) {
      block.compute(*this, h_packed);
      add(block, block.ratio_view(), above[part]);
      if (!sums_below) add(block, block.product_view(), below[part]);
    });
    for (size_t part = 1; part < rows.count(); ++part) {
      for (size_t at = 0; at < size; ++at) above[0][at] += above[part][at];
      for (size_t at = 0; at < below[0].size(); ++at) below[0][at] += below[part][at];
    }
    const std::vector<double> sums = column_sums(w, k());
    for (size_t at = 0; at < size; ++at) {
      h[at] = next_h(h[at], above[0][at], sums_below ? sums[at / x_.cols()] : below[0][at]);
    }
  }

  double divergence() const override {
    const Partition rows = nmf_parts(x_.rows());
    std::vector<double> sums(rows.count(), 0.0);
    const PackedMatrix<double> h_packed(view(h));
    each_block(rows, [&](size_t part, Block& block) {
      block.multiply(*this, h_packed);
      for (size_t i = 0; i < block.count; ++i) {
        sums[part] += divergence_.of(block.x.row(i), &block.product[i * x_.cols()], x_.cols());
      }
    });
    double total = 0;
    for (const double sum : sums) total += sum;
    return total;
  }

 private:
  // Some rows, and what is made of them.
  struct Block {
    size_t from = 0, count = 0;
    MatrixView<const double> x{};
    std::vector<double> product, ratio, buffer;
    std::vector<double> above, below;  // [count, k]

    MatrixView<const double> product_view() const { return dense_view(product.data(), count, x.cols); }
    MatrixView<const double> ratio_view() const { return dense_view(ratio.data(), count, x.cols); }
    void multiply(const DenseUpdates& of, const PackedMatrix<double>& h) {
      product.resize(count * x.cols);
      h.multiply(of.rows_of_w(*this), dense_view(product.data(), count, x.cols), alone());
    }
    void compute(const DenseUpdates& of, const PackedMatrix<double>& h) {
      multiply(of, h);
      ratio.resize(product.size());
      for (size_t i = 0; i < count; ++i) {
        of.divergence_.terms(x.row(i), x.cols, &product[i * x.cols], &ratio[i * x.cols]);
      }
    }
  };

  template <typename Body>
  void each_block(const Partition& rows, const Body& body) const {
    const size_t size = std::clamp<size_t>(kMostBlock / x_.cols(), 1, kBlockRows);
    ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
      Block block;
      for (block.from = rows.begin(part); block.from < rows.end(part); block.from += block.count) {
        check_cancel(cancel_);
        block.count = std::min(size, rows.end(part) - block.from);
        block.x = x_.block(block.from, block.count, block.buffer);
        body(part, block);
      }
    });
  }

  MatrixView<const double> view(const std::vector<double>& values) const {
    return dense_view(values.data(), k(), x_.cols());
  }
  MatrixView<const double> rows_of_w(const Block& block) const {
    return dense_view(w.data() + block.from * k(), block.count, k());
  }
  // sums += w^T terms, of the rows of the block.
  void add(const Block& block, MatrixView<const double> terms, std::vector<double>& sums) const {
    sums.resize(h.size(), 0.0);
    multiply(1, Form::kTransposed, rows_of_w(block), Form::kAsIs, terms, 1,
             dense_view(sums.data(), k(), x_.cols()), {1, nullptr});
  }
};

// The divergence of Kullback and Leibler reads the product only where x is not 0. h is kept transposed.
class SparseUpdates final : public Updates {
 public:
  SparseUpdates(const NmfRows& x, const NmfSpec& spec, std::vector<double> w, const std::vector<double>& h,
                const CancelToken* cancel)
      : Updates(x, spec, std::move(w), std::vector<double>(h.size()), cancel) {
    transpose(dense_view(h.data(), k(), x.cols()), dense_view(this->h.data(), x.cols(), k()), {0, cancel});
  }

  void update_w() override {
    update(Form::kAsIs, w, h,
           [this](double value, double above, double below) { return next_w(value, above, below); });
  }
  void update_h() override {
    update(Form::kTransposed, h, w,
           [this](double value, double above, double below) { return next_h(value, above, below); });
  }

  double divergence() const override {
    const CsrView<double> x = x_.sparse(Form::kAsIs);
    const Partition rows = nmf_parts(x.rows());
    std::vector<double> sums(rows.count(), 0.0);
    ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
      check_cancel(cancel_);
      for (size_t i = rows.begin(part); i < rows.end(part); ++i) {
        for (size_t at = x.begin(i); at < x.end(i); ++at) {
          const double product = dot(&w[i * k()], h, x.columns[at]);
          sums[part] += divergence_.of_one(x.values[at], product) - divergence_.of_zero(product);
        }
      }
    });
    const std::vector<double> of_w = column_sums(w, k()), of_h = column_sums(h, k());
    double total = 0;
    for (size_t t = 0; t < k(); ++t) total += of_w[t] * of_h[t];
    for (const double sum : sums) total += sum;
    return total;
  }

  std::vector<double> parts() const override {
    std::vector<double> result(h.size());
    transpose(dense_view(h.data(), x_.cols(), k()), dense_view(result.data(), k(), x_.cols()), {0, cancel_});
    return result;
  }

 private:
  double dot(const double* a, const std::vector<double>& b, int32_t row) const {
    const double* const other = &b[static_cast<size_t>(row) * k()];
    double sum = 0;
    for (size_t t = 0; t < k(); ++t) sum += a[t] * other[t];
    return sum;
  }

  template <typename Next>
  void update(Form form, std::vector<double>& a, const std::vector<double>& b, const Next& next) const {
    const CsrView<double> x = x_.sparse(form);
    const std::vector<double> below = column_sums(b, k());
    const Partition rows = nmf_parts(x.rows());
    ThreadPool::instance().parallel_for(rows.count(), [&](size_t part, size_t) {
      check_cancel(cancel_);
      std::vector<double> above(k());
      for (size_t i = rows.begin(part); i < rows.end(part); ++i) {
        double* const own = &a[i * k()];
        std::fill(above.begin(), above.end(), 0.0);
        for (size_t at = x.begin(i); at < x.end(i); ++at) {
          const double ratio = x.values[at] / std::max(dot(own, b, x.columns[at]), Divergence::kLeast);
          const double* const other = &b[static_cast<size_t>(x.columns[at]) * k()];
          for (size_t t = 0; t < k(); ++t) above[t] += ratio * other[t];
        }
        for (size_t t = 0; t < k(); ++t) own[t] = next(own[t], above[t], below[t]);
      }
    });
  }
};

}  // namespace

NmfModel fit_divergence(NmfRows x, std::vector<double> w, std::vector<double> h, const NmfSpec& spec,
                        const CancelToken* cancel, const std::function<void(size_t, size_t)>& progress) {
  std::unique_ptr<Updates> updates;
  if (x.is_sparse() && spec.beta == 1) {
    x.add_columns(cancel);
    updates = std::make_unique<SparseUpdates>(x, spec, std::move(w), h, cancel);
  } else {
    updates = std::make_unique<DenseUpdates>(x, spec, std::move(w), std::move(h), cancel);
  }
  NmfModel model;
  const auto error = [&] { return Divergence::root(updates->divergence()); };
  const double at_start = error();
  double before = at_start;
  for (bool over = false; !over && model.iterations < spec.max_iter;) {
    check_cancel(cancel);
    if (progress) progress(model.iterations, spec.max_iter);
    ++model.iterations;
    updates->update_w();
    updates->update_h();
    if (!(spec.tol > 0) || model.iterations % kNmfLook != 0) continue;
    const double now = error();
    over = has_settled(before, now, at_start, spec.tol);
    before = now;
  }
  if (progress) progress(spec.max_iter, spec.max_iter);
  model.error = error();
  model.h = updates->parts();
  model.w = std::move(updates->w);
  return model;
}

}  // namespace boreal
