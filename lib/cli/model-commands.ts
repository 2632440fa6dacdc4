/** The command lines of `boreal train`, `evaluate`, `predict`, `convert` and `bench`. */
import { type Command, Option } from 'commander';
import type { TrainFlags } from './train.js';
import { number, wholeNumber } from './values.js';

type Run = <A extends unknown[]>(run: (...args: A) => Promise<unknown>) => (...args: A) => Promise<void>;

// Written out here: the modules that make something of them load the native addon. The compiler compares them with these lists.
const MODELS = [
  'random-forest',
  'extra-trees',
  'gradient-boosting',
  'hist-gradient-boosting',
  'decision-tree',
  'linear',
  'ridge',
  'svm',
  'neighbors',
  'network',
] as const;
const FORMATS = ['boreal', 'onnx', 'xgboost', 'lightgbm', 'catboost', 'keras'] as const;
/** A choice of `--model`. */
export type ModelName = (typeof MODELS)[number];
/** A choice of `--from`. */
export type Format = (typeof FORMATS)[number];

const ROWS = 'rows with names of columns: .csv or .parquet';
const MODEL = 'a model file, such as house-prices.boreal';

/** Adds the commands; `command` wraps what they run. */
export function trainCommands(program: Command, command: Run): void {
  program
    .command('train')
    .description('Learn a model from rows, and show how right it is on some that were held out.')
    .argument('<rows>', ROWS)
    .requiredOption('--target <column>', 'the column to predict')
    .addOption(new Option('--model <name>', 'what learns').choices(MODELS).default('random-forest'))
    .option('-o, --output <file>', 'the model file to write', 'model.boreal')
    .addOption(
      new Option('--task <name>', 'default: text and at most 20 whole numbers are classes').choices([
        ...['classification', 'regression'],
      ]),
    )
    .option('--params <json>', 'parameters of the estimator, such as \'{"nEstimators": 200}\'')
    .option('--test-size <share>', 'of the rows that are held out; 0: none', number(0, 0.9), 0.2)
    .option('--seed <number>', 'of the split and the model', wholeNumber(0, 2 ** 32 - 1), 0)
    .option('--json', 'print JSON')
    .action(
      command(async (rows: string, flags: TrainFlags) => (await import('./train.js')).train(rows, flags)),
    );

  program
    .command('evaluate')
    .description('Show how right a model is on rows whose target is known.')
    .argument('<model>', MODEL)
    .argument('<rows>', ROWS)
    .option('--target <column>', 'the column that the model predicts (default: that of boreal train)')
    .option('--json', 'print JSON')
    .action(
      command(async (model: string, rows: string, flags: { target?: string; json?: boolean }) =>
        (await import('./evaluate.js')).evaluate(model, rows, flags),
      ),
    );

  program
    .command('predict')
    .description('Write the predictions of a model as CSV.')
    .argument('<model>', MODEL)
    .argument('<rows>', ROWS)
    .option('-o, --output <file>', 'the file to write (default: stdout)')
    .option('--proba', 'with the probability of each class')
    .action(
      command(async (model: string, rows: string, flags: { output?: string; proba?: boolean }) =>
        (await import('./evaluate.js')).predict(model, rows, flags),
      ),
    );

  program
    .command('convert')
    .description('Turn a model of another library into a model file, or a model file into ONNX or Keras.')
    .argument('<model>', 'a file .boreal, .onnx, .ubj or .json (XGBoost), .txt (LightGBM), .keras or .h5')
    .requiredOption('-o, --output <file>', 'the file to write: .boreal, .onnx or .keras')
    .addOption(new Option('--from <format>', 'of the model, where its name does not tell').choices(FORMATS))
    .action(
      command(async (model: string, flags: { output: string; from?: Format }) =>
        (await import('./convert.js')).convert(model, flags),
      ),
    );

  program
    .command('bench')
    .description('Measure how long predictions of a model take on this machine.')
    .argument('<model>', MODEL)
    .argument('<rows>', ROWS)
    .option('--seconds <number>', 'for each measurement', number(0.01, 600), 1)
    .option('--json', 'print JSON')
    .action(
      command(async (model: string, rows: string, flags: { seconds: number; json?: boolean }) =>
        (await import('./bench.js')).bench(model, rows, flags),
      ),
    );
}
