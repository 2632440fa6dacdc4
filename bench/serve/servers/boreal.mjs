// The iris forest as users serve it. boreal.mjs [workers=1]
import { loadIris, RandomForestClassifier } from '../../../dist/index.js';
import { serve } from '../../../dist/serve/index.js';

const { data, target } = loadIris();
const model = await new RandomForestClassifier({ nEstimators: 100, randomState: 1 }).fit(data, target);
const server = await serve(model, { port: 0, workers: Number(process.argv[2] ?? 1) });
console.log(server.url);
