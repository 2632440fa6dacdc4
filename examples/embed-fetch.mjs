// A model as a function from Request to Response, as Deno.serve and Bun.serve take it. Needs `npm run build`; then:
// node examples/embed-fetch.mjs
import { LogisticRegression, loadIris, makePipeline, StandardScaler } from 'boreal';
import { createFetchHandler } from 'boreal/serve';

const { data, target } = loadIris();
const model = await makePipeline(new StandardScaler(), new LogisticRegression()).fit(data, target);

const iris = createFetchHandler(model, { name: 'iris', prefix: '/iris' });
// Deno: Deno.serve((request, { remoteAddr }) => app(request, { remoteAddress: remoteAddr.hostname }));
// Bun: Bun.serve({ fetch: (request, server) => app(request, { remoteAddress: server.requestIP(request)?.address }) });
const app = async (request, client) =>
  (await iris.has(request.url)) ? iris(request, client) : new Response('my own page');

const response = await app(
  new Request('http://localhost/iris/predict', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([5.1, 3.5, 1.4, 0.2]),
  }),
);
console.log(await response.json());
console.log(await (await app(new Request('http://localhost/'))).text());
await iris.close();
