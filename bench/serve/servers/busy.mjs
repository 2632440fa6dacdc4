// A forest that keeps the pool busy.
import { RandomForestClassifier } from '../../../dist/index.js';
import { serve } from '../../../dist/serve/index.js';

const noise = (i) => ((Math.imul(i, 2654435761) >>> 0) % 1000) / 1000;
const data = Array.from({ length: 2000 }, (_, i) => Array.from({ length: 8 }, (_, j) => noise(8 * i + j)));
const target = data.map((_, i) => (noise(i + 17) > 0.5 ? 1 : 0));
const model = await new RandomForestClassifier({ nEstimators: 500, randomState: 1 }).fit(data, target);
const server = await serve(model, { port: 0 });
console.log(server.url);
