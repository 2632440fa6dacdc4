/** `boreal convert`: models of other libraries to model files, and model files to ONNX, told apart by how their names end. */
import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ValidationError } from '../errors.js';
import {
  type Estimator,
  exportKeras,
  exportONNX,
  importCatBoostAsync,
  importKeras,
  importLightGBMAsync,
  importONNXAsync,
  importXGBoostAsync,
  loadWithMetadata,
  type Metadata,
} from '../index.js';
import type { Format } from './model-commands.js';

type Read = { readonly model: Estimator; readonly metadata?: Metadata };
const bare = (read: (path: string) => Promise<Estimator>) => async (path: string) => ({
  model: await read(path),
});
const READERS: Readonly<Record<Format, (path: string) => Promise<Read>>> = {
  boreal: loadWithMetadata,
  onnx: bare(importONNXAsync),
  xgboost: bare(importXGBoostAsync),
  lightgbm: bare(importLightGBMAsync),
  catboost: bare(importCatBoostAsync),
  keras: bare(importKeras),
};
/** By the ending of the name; a .json may be of XGBoost or of CatBoost: `--from` tells. */
const FORMATS: Readonly<Record<string, Format>> = {
  ...{ '.boreal': 'boreal', '.onnx': 'onnx', '.ubj': 'xgboost', '.json': 'xgboost', '.txt': 'lightgbm' },
  ...{ '.keras': 'keras', '.h5': 'keras' },
};

/** Reads one format and writes another. @throws {ERR_PARAMETER} for a name that does not tell its format */
export async function convert(
  path: string,
  flags: { readonly output: string; readonly from?: Format },
): Promise<void> {
  const { output, from = FORMATS[extname(path).toLowerCase()] } = flags;
  const to = FORMATS[extname(output).toLowerCase()];
  if (from === undefined)
    throw new ValidationError(
      'ERR_PARAMETER',
      `boreal convert: '${path}' does not tell its format; --from does.`,
    );
  if (to !== 'boreal' && to !== 'onnx' && to !== 'keras')
    throw new ValidationError('ERR_PARAMETER', 'boreal convert: --output ends in .boreal, .onnx or .keras.');
  const { model, metadata } = await READERS[from](path);
  if (to === 'boreal') await model.save(output, metadata);
  else await writeFile(output, to === 'onnx' ? exportONNX(model) : await exportKeras(model as never));
  process.stdout.write(`${path} (${from}) -> ${output} (${model.constructor.name})\n`);
}
