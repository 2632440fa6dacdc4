// A forest that keeps the pool busy, with a queue that is as short as its owner wants the longest wait to be.
// busy.mjs ROWS: of a request; four of them may wait.
import { RandomForestClassifier } from '../../../dist/index.js';
import { serve } from '../../../dist/serve/index.js';

const rows = Number(process.argv[2]);
const noise = (i) => ((Math.imul(i, 2654435761) >>> 0) % 1000) / 1000;
const data = Array.from({ length: 2000 }, (_, i) => Array.from({ length: 8 }, (_, j) => noise(8 * i + j)));
const target = data.map((_, i) => (noise(i + 17) > 0.5 ? 1 : 0));
const model = await new RandomForestClassifier({ nEstimators: 500, randomState: 1 }).fit(data, target);
const server = await serve(model, { port: 0, maxBatchRows: rows, maxQueueRows: 4 * rows });
console.log(server.url);
