/**
 * Layers, losses and optimizers as the engine of neural networks takes them: plain data, all options said. The faces that people
 * use (`Sequential`, `MLPClassifier`) make these.
 */

/** The shape of one sample, without the batch; channels come last. */
export type Shape = readonly number[];

/** Activations by name; their formulas stand in native/kernels/neural_kernels.h. */
export type ActivationType =
  | 'linear'
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'hardSigmoid'
  | 'tanh'
  | 'softplus'
  | 'softsign'
  | 'exponential'
  | 'gelu'
  | 'geluTanh'
  | 'silu'
  | 'hardSilu'
  | 'mish'
  | 'softmax'
  | 'logSoftmax';

/** A penalty on parameters: l1 times the sum of their magnitudes plus l2 times that of their squares. */
export interface Penalty {
  readonly l1: number;
  readonly l2: number;
}

interface Named {
  /** Names the layer's parameters. Default: its type and a number. */
  readonly name?: string | null;
}
interface Trainable extends Named {
  /** false: training leaves its parameters as they are. Default true. */
  readonly trainable?: boolean;
}

/** x W + b over the last axis. Parameters: kernel [inputs, units], bias [units]. */
export interface DenseSpec extends Trainable {
  readonly type: 'dense';
  readonly units: number;
  readonly useBias: boolean;
  readonly kernelPenalty?: Penalty | null;
  readonly biasPenalty?: Penalty | null;
}
/** f(x); softmax and logSoftmax go over the last axis. */
export interface ActivationLayerSpec extends Named {
  readonly type: 'activation';
  readonly activation: ActivationType;
  /** Slope of leakyRelu (default 0.2) or elu (default 1) below 0, >= 0. */
  readonly alpha?: number;
}
/** In training: 0 with probability `rate` in [0, 1), else divided by 1 - rate. */
export interface DropoutSpec extends Named {
  readonly type: 'dropout';
  readonly rate: number;
}
/** The same values in one axis. */
export interface FlattenSpec extends Named {
  readonly type: 'flatten';
}
/** The same values in another shape, whose sizes are all known. */
export interface ReshapeSpec extends Named {
  readonly type: 'reshape';
  readonly shape: Shape;
}
/** Rows and columns. */
export type Pair = readonly [rows: number, cols: number];
/** 'valid' keeps windows inside the image, 'same' pads it so that a stride of 1 keeps its size; or zeros at each edge. */
export type PaddingSpec =
  | 'valid'
  | 'same'
  | { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number };

/**
 * Cross-correlation over [height, width, channels]. Parameters: kernel [rows, cols, channels / groups, filters], bias [filters].
 */
export interface Conv2dSpec extends Trainable {
  readonly type: 'conv2d';
  readonly filters: number;
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: PaddingSpec;
  /** Default [1, 1]. */
  readonly dilationRate?: Pair;
  /** Default 1. */
  readonly groups?: number;
  readonly useBias: boolean;
  readonly kernelPenalty?: Penalty | null;
  readonly biasPenalty?: Penalty | null;
}
/** The largest value, or the mean, of each window of [height, width, channels]; padding does not count. */
export interface Pool2dSpec extends Named {
  readonly type: 'maxPool2d' | 'avgPool2d';
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: PaddingSpec;
}
/** The mean over all axes but the last. */
export interface GlobalAvgPoolSpec extends Named {
  readonly type: 'globalAvgPool';
}
/**
 * Batch normalisation over the last axis (Ioffe & Szegedy, 2015). Parameters: gamma, beta, movingMean, movingVariance. A layer
 * that is not trainable behaves in training as in predictions.
 */
export interface BatchNormSpec extends Trainable {
  readonly type: 'batchNorm';
  /** moving = momentum * moving + (1 - momentum) * that of the mini-batch, in [0, 1]. */
  readonly momentum: number;
  readonly epsilon: number;
  /** Whether there is a gamma, and a beta. */
  readonly scale: boolean;
  readonly center: boolean;
  /** The moving variance divides by rows - 1, as PyTorch's, and not by rows, as Keras's. Default false. */
  readonly unbiased?: boolean;
}
/** Layer normalisation over the last axis (Ba, Kiros & Hinton, 2016). Parameters: gamma, beta. */
export interface LayerNormSpec extends Trainable {
  readonly type: 'layerNorm';
  readonly epsilon: number;
  readonly scale: boolean;
  readonly center: boolean;
}
/** A vector for each whole number in [0, inputDim). Parameters: embeddings [inputDim, outputDim]. */
export interface EmbeddingSpec extends Trainable {
  readonly type: 'embedding';
  readonly inputDim: number;
  readonly outputDim: number;
  readonly penalty?: Penalty | null;
}
/** A layer of the engine. */
export type LayerSpec =
  | DenseSpec
  | ActivationLayerSpec
  | DropoutSpec
  | FlattenSpec
  | ReshapeSpec
  | Conv2dSpec
  | Pool2dSpec
  | GlobalAvgPoolSpec
  | BatchNormSpec
  | LayerNormSpec
  | EmbeddingSpec;

/** Losses by name; see native/nn/loss.h. */
export type LossType =
  | 'meanSquaredError'
  | 'meanAbsoluteError'
  | 'huber'
  | 'logCosh'
  | 'binaryCrossentropy'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'klDivergence'
  | 'hinge'
  | 'squaredHinge'
  | 'categoricalHinge'
  | 'poisson'
  | 'halfSquaredError'
  | 'meanSquaredLogarithmicError'
  | 'summedBinaryCrossentropy'
  | 'summedPoisson';

/** A loss and its options. */
export interface LossSpec {
  readonly type: LossType;
  /**
   * Of the cross-entropies: outputs are before sigmoid or softmax. Default false. A network that ends in the matching activation
   * is computed that way anyhow, which loses no digits.
   */
  readonly fromLogits?: boolean;
  /** Of huber, > 0. Default 1. */
  readonly delta?: number;
  /** Of the cross-entropies, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
}

/** An optimizer; what is left out has the default of Keras. */
export interface OptimizerSpec {
  readonly type: 'sgd' | 'rmsprop' | 'adagrad' | 'adam' | 'adamw';
  /** Of sgd and rmsprop. Default 0. */
  readonly momentum?: number;
  /** Of sgd. Default false. */
  readonly nesterov?: boolean;
  /** Of sgd in PyTorch's form. Default 0. */
  readonly dampening?: number;
  /**
   * Of sgd and rmsprop with momentum: the velocity holds steps, as in Keras and scikit-learn, and not gradients, as in PyTorch,
   * so that a change of the learning rate acts on later gradients only. Default true.
   */
  readonly rateInVelocity?: boolean;
  /** Of rmsprop. Default 0.9. */
  readonly rho?: number;
  /** Of rmsprop. Default false. */
  readonly centered?: boolean;
  /** Of adam. Default 0.9. */
  readonly beta1?: number;
  /** Of adam. Default 0.999. */
  readonly beta2?: number;
  /** Of adam. Default false. */
  readonly amsgrad?: boolean;
  /** Of all but sgd. Default 1e-7. */
  readonly epsilon?: number;
  /**
   * Where epsilon stands. true, as in Keras: in adam it is the "epsilon hat" of Kingma & Ba, section 2; in rmsprop and adagrad
   * it is within the root. false, as in PyTorch: algorithm 1; beside the root. Default true.
   */
  readonly epsilonHat?: boolean;
  /** Of adagrad. Default 0.1. */
  readonly initialAccumulatorValue?: number;
  /** Decoupled: a step takes learningRate * weightDecay of each parameter away. Default 0. */
  readonly weightDecay?: number;
}

/** What is counted beside the loss, as a mean over rows. */
export type MetricType =
  | 'binaryAccuracy'
  | 'categoricalAccuracy'
  | 'sparseCategoricalAccuracy'
  | 'meanSquaredError'
  | 'meanAbsoluteError';
