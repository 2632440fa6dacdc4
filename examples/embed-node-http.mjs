// A model inside a plain node:http server. Needs `npm run build`; then: node examples/embed-node-http.mjs
import { createServer } from 'node:http';
import { LogisticRegression, loadIris, makePipeline, StandardScaler } from 'boreal';
import { toNodeHandler } from 'boreal/serve';

const { data, target } = loadIris();
const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(data, target);

const iris = toNodeHandler(model, { name: 'iris', prefix: '/iris' });
const server = createServer((req, res) => iris(req, res, () => res.end('my own page')));
await new Promise((resolve) => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', resolve));

const url = `http://127.0.0.1:${server.address().port}`;
const response = await fetch(`${url}/iris/predict`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify([5.1, 3.5, 1.4, 0.2]),
});
console.log(await response.json());
console.log(await (await fetch(url)).text());
server.close();
