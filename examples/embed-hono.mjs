// A model inside a Hono app on Node. Needs `npm run build`, hono and @hono/node-server; then: node examples/embed-hono.mjs
import { serve } from '@hono/node-server';
import { LogisticRegression, loadIris, makePipeline, StandardScaler } from 'boreal';
import { honoHandler } from 'boreal/serve';
import { Hono } from 'hono';

const { data, target } = loadIris();
const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(data, target);

const iris = honoHandler(model, { name: 'iris', prefix: '/iris' });
const app = new Hono();
app.use(iris);
app.get('/', (context) => context.text('my own page'));
const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 0), hostname: '127.0.0.1' });
await new Promise((resolve) => server.on('listening', resolve));

const url = `http://127.0.0.1:${server.address().port}`;
const response = await fetch(`${url}/iris/predict`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify([5.1, 3.5, 1.4, 0.2]),
});
console.log(await response.json());
console.log(await (await fetch(url)).text());
server.close();
await iris.close();
