// The passes of sequential minimal optimisation over all variables: the gradient moves along two rows of the
// kernel, and the next pair is chosen on the way. Of equal candidates the first wins, so that a pass may be
// cut anywhere and gives the same pair. And the passes of coordinate descent over the rows of a linear
// machine. The common rules stand in kernels.h.
#pragma once

#include <stddef.h>

namespace boreal {

struct SvmCandidate {
  double value;
  size_t index;
};
struct SvmPartner {
  double most;        // the largest f[k] + low[k]; -infinity of nothing
  SvmCandidate best;  // the largest gain, 0 when there is none
};

// Squared hinge losses max(m, 0)^2 of margins m, and half their slope and curvature where these fall by v.
struct SvmHinge {
  double loss, slope, curvature;
};

struct SvmKernels {
  // f[k] += step (p[k] - q[k]); returns the smallest f[k] + up[k]: up[k] is 0 or, for a variable that cannot
  // move up, infinity. f must not overlap the others. {infinity, 0} of nothing.
  SvmCandidate (*advance)(double* f, const float* p, const float* q, double step, const double* up,
                          size_t n) noexcept;

  // The partner of variable i, whose f is `from` and whose row of the kernel is p with p[i] = own: with
  // b = f[k] - from > 0 and a = own + diagonal[k] - 2 p[k] (at least `least`), the gain is b^2 / a. low[k] is
  // 0 or, for a variable that cannot move down, -infinity.
  SvmPartner (*choose)(const double* f, const float* p, const double* diagonal, const double* low,
                       double from, double own, double least, size_t n) noexcept;

  // Sums over k: max(m[k], 0)^2, -v[k] max(m[k], 0), and v[k]^2 where m[k] > 0.
  SvmHinge (*hinge)(const double* v, const double* m, size_t n) noexcept;

  // m[k] += step v[k]; returns the sum of the losses then. m must not overlap v.
  double (*move_hinge)(double* m, const double* v, double step, size_t n) noexcept;
};

// The table of each instruction set; dispatch_svm.h picks one.
namespace scalar {
extern const SvmKernels kSvm;
}
namespace avx2 {
extern const SvmKernels kSvm;
}
namespace avx512 {
extern const SvmKernels kSvm;
}
namespace neon {
extern const SvmKernels kSvm;
}

}  // namespace boreal
