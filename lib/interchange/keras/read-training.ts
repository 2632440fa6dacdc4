/** How Keras's configuration says a model is trained: optimizer, schedule of its rate, loss and metrics. */
import { show } from '../../core/params.js';
import { camelCase, type Loss, resolveLoss } from '../../nn/losses.js';
import { type MetricLike, resolveMetric } from '../../nn/metrics.js';
import { adagrad, adam, adamw, type OptimizerConfig, rmsprop, sgd } from '../../nn/optimizers.js';
import { checkedSchedule, type Schedule } from '../../nn/schedules.js';
import { nameOf } from './names.js';
import { ANY, type OptionReader } from './read-options.js';

/** What `compile` was given. */
export interface KerasTraining {
  readonly optimizer: OptimizerConfig;
  readonly loss: Loss;
  readonly metrics: readonly MetricLike[];
}

/** @throws {ERR_IMPORT} for what boreal/nn does not train by */
export function readTraining(config: object, readAll: OptionReader): KerasTraining | null {
  const reader = readAll.within('compile_config');
  const lossGiven = reader.find(config, ['loss']) ?? null;
  const optimizerGiven = reader.find(config, ['optimizer']) ?? null;
  if (lossGiven === null || optimizerGiven === null) return null;
  for (const name of ['loss_weights', 'weighted_metrics']) {
    if ((reader.find(config, [name]) ?? null) !== null)
      throw reader.failTraining(`its option '${name}' is not supported`);
  }
  const loss = readLoss(lossGiven, reader);
  const metrics = reader.find(config, ['metrics']) ?? [];
  if (!Array.isArray(metrics))
    throw reader.failTraining('metrics by the name of an output are not supported');
  return {
    optimizer: readOptimizer(optimizerGiven, reader),
    loss,
    metrics: metrics.map((metric) => readMetric(metric, loss, reader)),
  };
}

const MAKE = { adagrad, adam, adamw, rmsprop, sgd } as const;
const OPTIMIZER = [
  ...['learning_rate', 'weight_decay', 'clipnorm', 'global_clipnorm', 'clipvalue', 'momentum', 'nesterov'],
  ...['rho', 'epsilon', 'centered', 'beta_1', 'beta_2', 'amsgrad', 'initial_accumulator_value'],
];

function readOptimizer(given: unknown, reader: OptionReader): OptimizerConfig {
  const { className, config } = reader.serialised(given, 'the optimizer');
  const name = nameOf(className);
  if (!Object.hasOwn(MAKE, name))
    throw reader.failTraining(`the optimizer ${show(className)} is not supported`);
  const neutral = { name: ANY, ema_momentum: ANY, loss_scale_factor: [1] };
  const own = reader.options(config, { options: OPTIMIZER, neutral, training: Object.keys(config) });
  if (typeof own.learningRate === 'object') own.learningRate = readSchedule(own.learningRate, reader);
  return MAKE[name as keyof typeof MAKE]({ weightDecay: null, ...own } as never);
}

const SCHEDULE = [
  ...[
    'initial_learning_rate',
    'decay_steps',
    'decay_rate',
    'staircase',
    'end_learning_rate',
    'power',
    'cycle',
  ],
  ...[
    'boundaries',
    'values',
    'alpha',
    'warmup_target',
    'warmup_steps',
    'first_decay_steps',
    't_mul',
    'm_mul',
  ],
];

function readSchedule(given: unknown, reader: OptionReader): Schedule {
  const { className, config } = reader.serialised(given, 'the learning rate');
  const type = nameOf(className);
  const own = reader.options(config, { options: SCHEDULE, neutral: { name: ANY } });
  const warmup = type === 'cosineDecay' ? { warmupTarget: null, warmupSteps: 0 } : {};
  return checkedSchedule({ ...warmup, ...own, type } as unknown as Schedule);
}

function readLoss(given: unknown, reader: OptionReader): Loss {
  if (typeof given === 'string') return namedLoss(given, reader);
  const { className, config } = reader.serialised(given, 'the loss');
  const plain = namedLoss(className, reader);
  const neutral = { name: ANY, dtype: ANY, reduction: ['sum_over_batch_size'], axis: [-1] };
  const options = ['from_logits', 'label_smoothing', 'delta'];
  const own = reader.options(config, { options, neutral, training: Object.keys(config) });
  const { type } = plain;
  return resolveLoss({ ...plain, ...own, type } as Loss);
}

function namedLoss(given: string, reader: OptionReader): Loss {
  try {
    return resolveLoss(plainName(given));
  } catch {
    throw reader.failTraining(`the loss ${show(given)} is not supported`);
  }
}

/** 'mse' of 'MSE', 'meanSquaredError' of 'MeanSquaredError' and of 'mean_squared_error'. */
function plainName(given: string): string {
  const name = nameOf(given);
  return camelCase(/^[A-Z]+$/.test(name) || /^[A-Z]{2}/.test(given) ? name.toLowerCase() : name);
}

const METRIC = ['name', 'threshold', 'k'];
/** What our metrics do; options of theirs that say so. */
const METRIC_NEUTRAL = {
  ...{
    dtype: ANY,
    axis: [-1],
    average: ['micro'],
    class_aggregation: ['uniform_average'],
    num_regressors: [0],
  },
  // The area is exact here.
  ...{ num_thresholds: ANY, curve: ['ROC'], summation_method: ['interpolation'] },
};

function readMetric(given: unknown, loss: Loss, reader: OptionReader): MetricLike {
  const isText = typeof given === 'string';
  const { className, config } = isText
    ? { className: given, config: {} }
    : reader.serialised(given, 'a metric');
  const type = plainName(className);
  const {
    thresholds,
    threshold = thresholds,
    name,
    ...own
  } = reader.options(config, {
    options: [...METRIC, 'thresholds'],
    neutral: METRIC_NEUTRAL,
    training: Object.keys(config),
  });
  const limit = Array.isArray(threshold) && threshold.length === 1 ? threshold[0] : threshold;
  // Accuracies have a threshold too, which ours have not.
  const isAccuracy = type === 'binaryAccuracy' && limit === 0.5;
  const options = {
    ...(typeof name === 'string' && { name: camelCase(name) }),
    ...(limit !== undefined && !isAccuracy && { threshold: limit }),
    ...own,
  };
  const metric = (Object.keys(options).length > 0 ? { type, ...options } : type) as MetricLike;
  try {
    resolveMetric(metric, loss);
  } catch {
    throw reader.failTraining(`the metric ${show(className)} is not supported`);
  }
  return metric;
}
