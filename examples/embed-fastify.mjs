// A model inside a Fastify app that has routes of its own. Needs `npm run build`; then: node examples/embed-fastify.mjs
import { LogisticRegression, loadIris, makePipeline, StandardScaler } from 'boreal';
import { borealPlugin } from 'boreal/serve';
import Fastify from 'fastify';

const { data, target } = loadIris();
const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(data, target);

const app = Fastify();
app.get('/', async () => 'my own page');
app.register(borealPlugin, { model, name: 'iris', prefix: '/iris' });
await app.listen({ port: Number(process.env.PORT ?? 0) });

const url = app.listeningOrigin;
const response = await fetch(`${url}/iris/predict`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify([5.1, 3.5, 1.4, 0.2]),
});
console.log(await response.json());
console.log(await (await fetch(url)).text());
await app.close();
