/** Small networks, and gradients by differences. */
import { expect } from 'vitest';
import { Random } from '../../lib/core/random.js';
import type { ActivationType, LayerSpec } from '../../lib/nn/layer-spec.js';
import { Network } from '../../lib/nn/network.js';
import type { ObjectiveOptions } from '../../lib/nn/objective.js';

export const dense = (units: number, more = {}): LayerSpec => ({
  type: 'dense',
  units,
  useBias: true,
  ...more,
});
export const activation = (name: ActivationType, alpha?: number): LayerSpec => ({
  type: 'activation',
  activation: name,
  alpha,
});

/** Normal deviates. */
export function floats(count: number, seed: number, scale = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => scale * random.normal());
}

/** The gradient by central differences of the loss, 0 for what is not trainable. */
export async function differences(
  network: Network,
  x: Float32Array,
  y: Float32Array | Int32Array,
  options: ObjectiveOptions,
  step: number,
) {
  const all = network.parameters();
  const parameters = all.map(({ data }) => data);
  const result: number[] = [];
  for (const { data, trainable } of all) {
    if (!trainable) result.push(...new Array(data.length).fill(0));
    for (let k = 0; trainable && k < data.length; k++) {
      const kept = data[k];
      const losses: number[] = [];
      for (const side of [1, -1]) {
        data[k] = kept + side * step;
        network.setParameters(parameters);
        losses.push((await network.gradient(x, y, options)).loss);
      }
      data[k] = kept;
      result.push((losses[0] - losses[1]) / (2 * step));
    }
  }
  network.setParameters(parameters);
  return result;
}

/** Fails unless the gradient is that by differences. `y` is [rows, outputs], or classes. */
export async function expectGradient(
  layers: LayerSpec[],
  shape: number[],
  y: Float32Array | Int32Array,
  options: ObjectiveOptions,
) {
  const network = new Network(layers, shape, { seed: 3 });
  const random = new Random(5);
  // Biases too, so that nothing is at a kink or at 0.
  network.setParameters(network.parameters().map(({ data }) => data.map((w) => w + 0.1 * random.normal())));
  const rows = y instanceof Int32Array ? y.length : y.length / network.outputs;
  const x = floats(rows * network.inputs, 12);
  const { gradient } = await network.gradient(x, y, options);
  // The long step is precise, the short one seldom crosses a kink.
  const long = await differences(network, x, y, options, 2 ** -9);
  const short = await differences(network, x, y, options, 2 ** -12);
  const scale = Math.max(...long.map(Math.abs));
  expect(scale).toBeGreaterThan(0);
  long.forEach((value, k) => {
    const error = Math.min(Math.abs(gradient[k] - value), Math.abs(gradient[k] - short[k]));
    expect(error, `parameter ${k}: ${gradient[k]}, ${value}, ${short[k]}`).toBeLessThan(2e-3 * scale + 2e-4);
  });
}
