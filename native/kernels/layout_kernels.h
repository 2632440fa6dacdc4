// What the layouts of t-SNE and UMAP are made of. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>

namespace boreal {

// Each point of a layout stands apart: its own values, in order.
struct LayoutSteps {
  const double* squares;  // squared distances s
  const double *soft, *constant, *slope;
};

struct LayoutKernels {
  // forces[l] = (constant[l] + slope[l] p) / ((soft[l] + s) (a p + 1)), p = s'^b by quick_power of
  // neighbors/umap_row.h, to the bit on every instruction set; s' is s within [1 / most, most]. count is a
  // multiple of 8.
  void (*umap_forces)(const LayoutSteps& steps, size_t count, double a, double b, double most,
                      double* forces) noexcept;

  // What `count` other points at[d][j] do to the one at own[d] in the layout of t-SNE, for dims of 1 to 3:
  // with the similarity w_j of Student's t-distribution, adds p_j w_j (own - at) to pull[d], w_j^2 (own - at)
  // to push[d], and w_j to *z. Positions are below 1e100. Sums run in lanes: bits depend on the instruction
  // set.
  void (*tsne_point)(size_t dims, const double* own, const double* const* at, const double* p, size_t count,
                     double* pull, double* push, double* z) noexcept;
};

// The tables of each instruction set; dispatch_layout.h picks one.
#define BOREAL_DECLARE_LAYOUT(isa)    \
  namespace isa {                     \
  extern const LayoutKernels kLayout; \
  }
BOREAL_DECLARE_LAYOUT(scalar)
BOREAL_DECLARE_LAYOUT(avx2)
BOREAL_DECLARE_LAYOUT(avx512)
BOREAL_DECLARE_LAYOUT(neon)
#undef BOREAL_DECLARE_LAYOUT

}  // namespace boreal
