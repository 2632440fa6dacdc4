/**
 * The bundled data sets. They lie gzipped in data/ at the package root (source, citation and licence of each in
 * data/README.md), so that they load at once and offline.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Matrix } from '../core/matrix.js';
import { requireOptions } from '../core/params.js';
import { FileFormatError } from '../errors.js';
import { type CsvColumn, parseCsv } from './csv.js';

/** A data set of numbers with a target. */
export interface Dataset<Y extends Int32Array | Float64Array = Int32Array | Float64Array> {
  /** The features, `[rows, features]`, float64. */
  readonly data: Matrix<Float64Array>;
  /** Per row the index of the class into `targetNames`, or the number to predict. */
  readonly target: Y;
  readonly featureNames: readonly string[];
  /** The classes by index; empty for regression. */
  readonly targetNames: readonly string[];
  /** What it is, in a few words. */
  readonly description: string;
}

/** The columns of the California housing table. */
export type HousingTable = {
  readonly longitude: Float64Array;
  readonly latitude: Float64Array;
  readonly housing_median_age: Float64Array;
  readonly total_rooms: Float64Array;
  /** NaN in 207 rows. */
  readonly total_bedrooms: Float64Array;
  readonly population: Float64Array;
  readonly households: Float64Array;
  readonly median_income: Float64Array;
  readonly median_house_value: Float64Array;
  readonly ocean_proximity: string[];
};

/** What {@link loadCaliforniaHousing} returns. */
export interface HousingDataset {
  /** All ten columns, the target among them. */
  readonly table: HousingTable;
  readonly featureNames: readonly string[];
  /** The column to predict. */
  readonly targetName: 'median_house_value';
  readonly description: string;
}

/** The columns of a bundled file. Two levels up is the package root from lib/datasets and from dist/datasets alike. */
function readColumns(name: string): Record<string, CsvColumn> {
  const path = fileURLToPath(new URL(`../../data/${name}.csv.gz`, import.meta.url));
  try {
    return parseCsv(gunzipSync(readFileSync(path)).toString('utf8'));
  } catch (error) {
    throw new FileFormatError('ERR_DATA_FILE', `The bundled data set ${path} cannot be read.`, {
      cause: error,
    });
  }
}

/** A bundled file of numbers, its last column the target. */
function readNumeric(name: string): {
  data: Matrix<Float64Array>;
  target: Float64Array;
  featureNames: string[];
} {
  const columns = readColumns(name) as Record<string, Float64Array>;
  const { target, ...features } = columns;
  const featureNames = Object.keys(features);
  const width = featureNames.length;
  const data = new Float64Array(target.length * width);
  featureNames.forEach((feature, j) => {
    const column = features[feature];
    for (let i = 0; i < column.length; i++) data[i * width + j] = column[i];
  });
  return { data: new Matrix(data, target.length, width), target, featureNames };
}

function readClasses(name: string, targetNames: string[], description: string): Dataset<Int32Array> {
  const { data, target, featureNames } = readNumeric(name);
  return { data, target: Int32Array.from(target), featureNames, targetNames, description };
}

/**
 * Fisher's irises: 150 flowers, 4 lengths in centimetres, 3 species.
 *
 * @example
 * ```ts
 * import { loadIris } from 'boreal';
 * const { data, target, targetNames } = loadIris();
 * data.rows; // 150
 * targetNames[target[0]]; // 'setosa'
 * ```
 */
export function loadIris(): Dataset<Int32Array> {
  return readClasses(
    'iris',
    ['setosa', 'versicolor', 'virginica'],
    'Iris: 150 flowers of three species, lengths and widths of sepals and petals in cm (Fisher, 1936).',
  );
}

/** Wine recognition: 178 wines, 13 chemical measurements, 3 cultivars. */
export function loadWine(): Dataset<Int32Array> {
  return readClasses(
    'wine',
    ['class_0', 'class_1', 'class_2'],
    'Wine: 178 wines of one Italian region, 13 chemical measurements, three cultivars (Forina et al., UCI).',
  );
}

/** Breast cancer Wisconsin (diagnostic): 569 tumours, 30 measurements, malignant (0) or benign (1). */
export function loadBreastCancer(): Dataset<Int32Array> {
  return readClasses(
    'breast-cancer',
    ['malignant', 'benign'],
    'Breast cancer: 569 tumours, 30 measurements of cell nuclei, malignant or benign (Wolberg et al., UCI).',
  );
}

/** Handwritten digits: 1,797 images of 8 x 8 pixels with values 0 to 16, 10 classes. */
export function loadDigits(): Dataset<Int32Array> {
  return readClasses(
    'digits',
    Array.from({ length: 10 }, (_, digit) => String(digit)),
    'Digits: 1,797 handwritten digits as 8 x 8 images with values 0 to 16 (Alpaydin & Kaynak, UCI).',
  );
}

/**
 * Diabetes: 442 patients, 10 measurements, and how far the disease went in a year.
 *
 * @param options - `scaled` (default true): every feature has mean 0 and a sum of squares of 1, as in scikit-learn;
 *   false: the measurements themselves
 */
export function loadDiabetes(options: { scaled?: boolean } = {}): Dataset<Float64Array> {
  requireOptions(options);
  const { data, target, featureNames } = readNumeric('diabetes');
  if (options.scaled ?? true) scaleColumns(data);
  return {
    data,
    target,
    featureNames,
    targetNames: [],
    description:
      'Diabetes: 442 patients, ten measurements, disease progression after one year (Efron et al., 2004).',
  };
}

/** Centres each column and divides by its deviation, then by sqrt(rows): in that order, scikit-learn's last bits. */
function scaleColumns({ data, rows, cols }: Matrix<Float64Array>): void {
  for (let j = 0; j < cols; j++) {
    let sum = 0;
    for (let k = j; k < data.length; k += cols) sum += data[k];
    const mean = sum / rows;
    let squares = 0;
    for (let k = j; k < data.length; k += cols) squares += (data[k] - mean) ** 2;
    const deviation = Math.sqrt(squares / rows);
    for (let k = j; k < data.length; k += cols) data[k] = (data[k] - mean) / deviation / Math.sqrt(rows);
  }
}

/**
 * California housing: 20,640 districts of the 1990 census, with missing values (`total_bedrooms`) and a text category
 * (`ocean_proximity`); the target is `median_house_value` in dollars.
 *
 * @example
 * ```ts
 * import { dropColumns, loadCaliforniaHousing } from 'boreal';
 * const { table } = loadCaliforniaHousing();
 * const X = dropColumns(table, 'median_house_value');
 * const y = table.median_house_value;
 * ```
 */
export function loadCaliforniaHousing(): HousingDataset {
  const table = readColumns('california-housing') as unknown as HousingTable;
  const targetName = 'median_house_value';
  return {
    table,
    featureNames: Object.keys(table).filter((name) => name !== targetName),
    targetName,
    description:
      'California housing: 20,640 districts of the 1990 census, median house value in dollars ' +
      '(Pace & Barry, 1997; missing values and ocean_proximity added by Géron).',
  };
}
