/** `boreal train`: a model file from a table. Gaps are filled, text becomes indicators, and rows that are held out give a score. */
import { isMissing, tableToColumns } from '../core/table.js';
import { ValidationError } from '../errors.js';
import {
  ColumnTransformer,
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  dropColumns,
  type Estimator,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  GradientBoostingClassifier,
  GradientBoostingRegressor,
  getColumn,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
  KNeighborsClassifier,
  KNeighborsRegressor,
  type Label,
  LinearRegression,
  LogisticRegression,
  makePipeline,
  OneHotEncoder,
  RandomForestClassifier,
  RandomForestRegressor,
  Ridge,
  RidgeClassifier,
  SimpleImputer,
  StandardScaler,
  SVC,
  SVR,
  type Table,
  TransformedTargetRegressor,
  trainTestSplit,
} from '../index.js';
import { MLPClassifier, MLPRegressor } from '../nn/index.js';
import { pairs } from './format.js';
import type { ModelName } from './model-commands.js';
import { asText, readRows, split } from './rows.js';

type Make = new (params?: never) => Estimator;
/** What has to be on one scale: nothing, the columns, or the target of a regressor, too. */
type Scaled = 'nothing' | 'columns' | 'target';
/** By name: the classifier, the regressor, and what is scaled for them. */
const MODELS: Readonly<Record<ModelName, readonly [Make, Make, Scaled]>> = {
  'random-forest': [RandomForestClassifier, RandomForestRegressor, 'nothing'],
  'extra-trees': [ExtraTreesClassifier, ExtraTreesRegressor, 'nothing'],
  'gradient-boosting': [GradientBoostingClassifier, GradientBoostingRegressor, 'nothing'],
  'hist-gradient-boosting': [HistGradientBoostingClassifier, HistGradientBoostingRegressor, 'nothing'],
  'decision-tree': [DecisionTreeClassifier, DecisionTreeRegressor, 'nothing'],
  linear: [LogisticRegression, LinearRegression, 'columns'],
  ridge: [RidgeClassifier, Ridge, 'columns'],
  svm: [SVC, SVR, 'target'],
  neighbors: [KNeighborsClassifier, KNeighborsRegressor, 'columns'],
  network: [MLPClassifier, MLPRegressor, 'target'],
};

/** Most whole numbers that are taken for classes. */
const MOST_CLASSES = 20;
/** Of a column of text; rarer ones are one together. */
const MOST_CATEGORIES = 100;

/** The options of `boreal train`. */
export interface TrainFlags {
  readonly target: string;
  readonly model: ModelName;
  readonly output: string;
  readonly task?: 'classification' | 'regression';
  readonly params?: string;
  readonly testSize: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Reads rows, fits a pipeline on most of them, writes it and prints its score on the others. */
export async function train(path: string, flags: TrainFlags): Promise<void> {
  const { target, model: name, output, testSize, seed, json = false } = flags;
  const rows = await readRows(path);
  const { X, known } = split(rows, target);
  const labels = getColumn(known, target) as ArrayLike<Label>;
  const { task = taskOf(labels) } = flags;
  const classifies = task === 'classification';
  const y = classifies
    ? codesOr(labels, split(await asText(path, rows, target), target).known, target)
    : labels;
  const stratify = classifies && canStratify(y, testSize) ? y : null;
  const held = testSize > 0 ? trainTestSplit(X, y, { testSize, stratify, randomState: seed }) : null;
  const used = withoutEmpty(held?.XTrain ?? X);
  const pipeline = pipelineOf(used, name, classifies, { ...paramsOf(flags.params) }, seed);
  await pipeline.fit(used, held?.yTrain ?? y);
  const metric = classifies ? 'accuracy' : 'R2';
  const score = held === null ? null : await pipeline.score(held.XTest, held.yTest);
  const trained = held?.yTrain.length ?? y.length;
  const metadata = {
    ...{ target, task, model: name, rows: trained, trainedAt: new Date().toISOString() },
    ...(score !== null && { metrics: { [metric]: score } }),
  };
  await pipeline.save(output, metadata);
  if (json) process.stdout.write(`${JSON.stringify({ output, ...metadata }, null, 2)}\n`);
  else {
    const tested =
      held === null ? 'no rows held out' : `${score!.toFixed(4)} on ${held.yTest.length} rows held out`;
    const lines: Array<[string, string]> = [
      ['task', `${task} of ${target}`],
      ['rows', String(trained)],
      [metric, tested],
    ];
    process.stdout.write(`${output}\n${pairs(lines)}`);
  }
}

/** Text, booleans and a few whole numbers are classes. */
function taskOf(y: ArrayLike<unknown>): 'classification' | 'regression' {
  const values = new Set(Array.from(y));
  const areLabels = [...values].every((value) => typeof value !== 'number' || Number.isInteger(value));
  return typeof y[0] !== 'number' || (areLabels && values.size <= MOST_CLASSES)
    ? 'classification'
    : 'regression';
}

/** The labels as they are written in the file when these are codes such as '01', which is not 1; else as they were read. */
function codesOr(labels: ArrayLike<Label>, written: Table, target: string): ArrayLike<Label> {
  const codes = getColumn(written, target) as ArrayLike<Label>;
  return Array.from(codes).some((code) => /^[+-]?0\d/.test(String(code))) ? codes : labels;
}

/** Whether each class has two rows, and each part a row for each class. */
function canStratify(y: ArrayLike<Label>, testSize: number): boolean {
  const counts = new Map<Label, number>();
  for (const label of Array.from(y)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const held = Math.ceil(testSize * y.length);
  return Math.min(...counts.values()) >= 2 && Math.min(held, y.length - held) >= counts.size;
}

/** Without columns that have no value where the model learns, of which a line on stderr tells. */
function withoutEmpty(X: Table): Table {
  const { names, columns } = tableToColumns(X);
  const empty = names.filter((_, j) => Array.from(columns[j]).every(isMissing));
  if (empty.length === 0) return X;
  if (empty.length === names.length)
    throw new ValidationError('ERR_EMPTY', 'boreal train: no column but the target has a value.');
  process.stderr.write(`boreal train: left out for want of a value to learn from: ${empty.join(', ')}\n`);
  return dropColumns(X, empty);
}

function pipelineOf(
  X: Table,
  name: ModelName,
  classifies: boolean,
  params: Record<string, unknown>,
  seed: number,
) {
  const [Classifier, Regressor, scaled] = MODELS[name];
  const Model = classifies ? Classifier : Regressor;
  const model = new Model();
  if ('randomState' in model.params) params = { randomState: seed, ...params };
  const { names, columns } = tableToColumns(X);
  const numbers = names.filter((_, j) => ArrayBuffer.isView(columns[j]));
  const others = names.filter((each) => !numbers.includes(each));
  const fill = new SimpleImputer({ strategy: 'median' });
  const encode = new OneHotEncoder({ handleUnknown: 'infrequentIfExist', maxCategories: MOST_CATEGORIES });
  const parts: Array<[string, Estimator, string[]]> = [];
  if (numbers.length > 0)
    parts.push(['numbers', scaled === 'nothing' ? fill : makePipeline(fill, new StandardScaler()), numbers]);
  if (others.length > 0) parts.push(['categories', encode, others]);
  model.setParams(params);
  const learner =
    scaled === 'target' && !classifies
      ? new TransformedTargetRegressor(model, { transformer: new StandardScaler() })
      : model;
  return makePipeline(new ColumnTransformer(parts), learner);
}

function paramsOf(text = '{}'): Record<string, unknown> {
  let params: unknown;
  try {
    params = JSON.parse(text);
  } catch (cause) {
    throw new ValidationError('ERR_PARAMETER', 'boreal train: --params must be JSON.', { cause });
  }
  if (typeof params === 'object' && params !== null && !Array.isArray(params))
    return params as Record<string, unknown>;
  throw new ValidationError(
    'ERR_PARAMETER',
    'boreal train: --params must be an object, such as {"nEstimators": 200}.',
  );
}
