/** What the training of a network costs, on the CPU and on a GPU: what device 'auto' goes by. */
import { sizeOf } from '../core/shape.js';
import type { TrainingCost } from '../core/training-device.js';
import { native } from '../native.js';
import type { PlacedLayer } from './network-layers.js';

/** Of products of some hundred rows, by each thread. */
const CPU_FLOPS_PER_NS = 50;

/** Values of a row between layers that a GPU takes through a step together: BOREAL_CUDA_MLP_WIDTH. */
const NARROW = 128;

/** What a GPU starts in a step: three kernels for a layer, one for the last layers that are narrow, and the rest. */
function kernelsOfStep(layers: readonly PlacedLayer[]): number {
  const isWide = ({ inputShape, outputShape }: PlacedLayer) =>
    Math.max(sizeOf(inputShape), sizeOf(outputShape)) > NARROW;
  const apart = layers.findLastIndex(isWide) + 1;
  return 3 * apart + (apart < layers.length ? 2 : 4);
}

/** Of some epochs over so many rows. */
export function trainingCost(
  layers: readonly PlacedLayer[],
  rows: number,
  batchSize: number,
  epochs: number,
): TrainingCost {
  const sum = (of: (layer: PlacedLayer) => number) => layers.reduce((total, layer) => total + of(layer), 0);
  const parameters = sum((layer) => layer.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0));
  const inputs = sizeOf(layers[0].inputShape);
  const outputs = sizeOf(layers[layers.length - 1].outputShape);
  const values = inputs + sum(({ outputShape }) => sizeOf(outputShape));
  const steps = epochs * Math.ceil(rows / batchSize);
  const flops = 6 * parameters * rows * epochs;
  return {
    cpuNs: flops / (CPU_FLOPS_PER_NS * native.info().threads),
    cuda: {
      // Weights and the optimizer's state go there and back with each epoch.
      uploadBytes: 4 * (rows * (inputs + outputs) + 3 * parameters * epochs),
      downloadBytes: 12 * parameters * epochs,
      trafficBytes: 28 * parameters * steps + 16 * values * rows * epochs,
      flops,
      kernels: steps * kernelsOfStep(layers),
      waits: epochs * 4,
    },
  };
}
