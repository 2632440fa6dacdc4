// A model inside a Koa app. Needs `npm run build` and koa; then: node examples/embed-koa.mjs
import { LogisticRegression, loadIris, makePipeline, StandardScaler } from 'boreal';
import { koaMiddleware } from 'boreal/serve';
import Koa from 'koa';

const { data, target } = loadIris();
const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(data, target);

const iris = koaMiddleware(model, { name: 'iris', prefix: '/iris' });
const app = new Koa();
app.use(iris);
app.use((context) => {
  context.body = 'my own page';
});
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
