// A model inside an Express app. Needs `npm run build` and express; then: node examples/embed-express.mjs
import { LogisticRegression, loadIris, makePipeline, StandardScaler } from 'boreal';
import { expressMiddleware } from 'boreal/serve';
import express from 'express';

const { data, target } = loadIris();
const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(data, target);

const iris = expressMiddleware(model, { name: 'iris', prefix: '/iris' });
const app = express();
app.use(express.json()); // may come before
app.use(iris);
app.get('/', (_req, res) => res.send('my own page'));
const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1');
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
