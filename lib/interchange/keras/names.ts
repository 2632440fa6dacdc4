/** What Keras and boreal/nn call the same things. Options are spelt alike but for their case; these tables hold what is not. */
import { camelCase } from '../../nn/losses.js';

/** Of Keras's classes that our names do not follow from. */
const CLASSES: Readonly<Record<string, string>> = {
  auc: 'AUC',
  klDivergence: 'KLDivergence',
  sgd: 'SGD',
  rmsprop: 'RMSprop',
  adamw: 'AdamW',
  piecewiseConstant: 'PiecewiseConstantDecay',
};
const NAMES = new Map(Object.entries(CLASSES).map(([ours, keras]) => [keras, ours]));

/** 'MeanSquaredError' of 'meanSquaredError'. */
export const classOf = (name: string): string =>
  Object.hasOwn(CLASSES, name) ? CLASSES[name] : name.charAt(0).toUpperCase() + name.slice(1);

/** 'meanSquaredError' of 'MeanSquaredError'. */
export const nameOf = (className: string): string =>
  NAMES.get(className) ?? className.charAt(0).toLowerCase() + className.slice(1);

/** Options of optimizers and schedules that are spelt in another way. */
const OPTIONS: Readonly<Record<string, string>> = {
  beta1: 'beta_1',
  beta2: 'beta_2',
  clipNorm: 'clipnorm',
  globalClipNorm: 'global_clipnorm',
  clipValue: 'clipvalue',
};

const SPELLINGS = new Map(Object.entries(OPTIONS).map(([ours, keras]) => [keras, ours]));

/** 'learningRate' of 'learning_rate'. */
export const optionOf = (spelling: string): string => SPELLINGS.get(spelling) ?? camelCase(spelling);

/** 'learning_rate' of 'learningRate'. */
export const snakeCase = (name: string): string =>
  Object.hasOwn(OPTIONS, name)
    ? OPTIONS[name]
    : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The group that holds a layer's weights: Keras numbers the layers of each class, whatever their names are. */
export function groupNamer(): (className: string) => string {
  const counts = new Map<string, number>();
  return (className) => {
    const snake = className
      .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
      .replace(/([a-z])([A-Z])/g, '$1_$2')
      .toLowerCase();
    const count = counts.get(snake) ?? 0;
    counts.set(snake, count + 1);
    return count === 0 ? snake : `${snake}_${count}`;
  };
}
