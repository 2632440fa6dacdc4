// The kernels of neural networks of one instruction set.
#include BOREAL_SIMD

#include "kernels/generic/neural_activation.inl.h"
#include "kernels/generic/neural_update.inl.h"
#include "kernels/isa.h"

namespace boreal {

namespace BOREAL_ISA {

constexpr NeuralKernels kNeural = {activate, activate_back, softmax_back, dropout, update,
                                   penalize, column_sums,   scale,        clip,    sum_squares};

}  // namespace BOREAL_ISA
}  // namespace boreal
