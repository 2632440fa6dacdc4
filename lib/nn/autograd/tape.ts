/** TensorFlow's way to ask for gradients. */
import { Tensor } from './tensor.js';
import { enableGrad, gradientsOf } from './tensor-base.js';

/** What {@link gradientTape} gives: the result of its function and the gradients of it. */
export interface GradientTape<R> {
  readonly value: R;
  /**
   * The gradients of a tensor by others, in their order; null where it does not depend on one. They are computed when
   * their numbers are wanted. A tape can be asked several times.
   *
   * @throws {ERR_NOT_SUPPORTED} when the target was made of nothing that requires a gradient
   */
  gradient(target: Tensor, source: Tensor): Tensor | null;
  gradient(target: Tensor, sources: readonly Tensor[]): (Tensor | null)[];
}

/**
 * Runs a function and gives a tape of it: `tf.GradientTape`.
 *
 * @param fn - is called with `watch`, which makes a tensor require gradients
 * @example
 * ```ts
 * import { gradientTape, tensor } from 'boreal/nn';
 * const x = tensor(3);
 * const tape = gradientTape(({ watch }) => watch(x).square());
 * tape.gradient(tape.value, x).item(); // 6
 * ```
 */
export function gradientTape<R>(fn: (tape: { watch(x: Tensor): Tensor }) => R): GradientTape<R> {
  const watch = (x: Tensor) => {
    x.requiresGrad = true;
    return x;
  };
  const value = enableGrad(() => fn({ watch }));
  function gradient(target: Tensor, source: Tensor): Tensor | null;
  function gradient(target: Tensor, sources: readonly Tensor[]): (Tensor | null)[];
  function gradient(target: Tensor, sources: Tensor | readonly Tensor[]): Tensor | null | (Tensor | null)[] {
    const seed = target.size === 1 ? undefined : Tensor.ones(target.shape);
    const found = gradientsOf(target, seed, { retainGraph: true }, true);
    const of = (x: Tensor) => found.get(x) ?? null;
    return sources instanceof Tensor ? of(sources) : sources.map(of);
  }
  return { value, gradient };
}
