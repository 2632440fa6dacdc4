export { type CsvColumn, type CsvOptions, readCsv } from './csv.js';
export {
  type ColumnDescription,
  type ColumnInfo,
  type ColumnType,
  type CorrelationOptions,
  correlation,
  describe,
  info,
  type MissingInfo,
  missing,
} from './explore.js';
export {
  type ClassificationOptions,
  makeBlobs,
  makeCircles,
  makeClassification,
  makeMoons,
  makeRegression,
  type RegressionOptions,
  type Sample,
} from './generate.js';
export {
  type Dataset,
  type HousingDataset,
  type HousingTable,
  loadBreastCancer,
  loadCaliforniaHousing,
  loadDiabetes,
  loadDigits,
  loadIris,
  loadWine,
} from './load.js';
export { type ParquetColumn, type ParquetOptions, readParquet } from './parquet.js';
export {
  type CutOptions,
  cut,
  cyclical,
  type DropMissingOptions,
  dropMissing,
  type FillMethod,
  fillMissing,
  qcut,
  ratio,
} from './prepare.js';
