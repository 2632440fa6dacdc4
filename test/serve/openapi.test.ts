/** /openapi.json is valid by the specification, and what the service takes and answers is valid by it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import { loadIris, RandomForestClassifier, StandardScaler } from '../../lib/index.js';
import { type BorealServer, type ServeOptions, serve } from '../../lib/serve/index.js';
import { house, houseAt, houses, post, priceModel, verdictModel } from './support.js';

type Document = Record<string, any>;

const KEYS: ServeOptions = { apiKeys: [{ name: 'test', key: 'sesame-sesame-sesame', admin: true }] };

let server: BorealServer;
afterEach(() => server.close());

async function start(model: Parameters<typeof serve>[0], options: ServeOptions = {}): Promise<Document> {
  server = await serve(model, { port: 0, handleSignals: false, ...options });
  const headers = { 'x-api-key': 'sesame-sesame-sesame' };
  const response = await fetch(`${server.url}${options.prefix ?? ''}/openapi.json`, { headers });
  expect(response.headers.get('content-type')).toMatch('application/json');
  return (await response.json()) as Document;
}

/** Validates by a definition of the document. */
function validator(document: Document) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'boreal', ...document });
  return (name: string, value: unknown) => {
    ajv.validate({ $ref: `boreal#/components/schemas/${name}` }, value);
    return ajv.errors ?? [];
  };
}

async function expectValid(document: Document) {
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
}

/** Of prices, in two currencies. */
async function severalModel() {
  const model = await priceModel();
  const told = await model.predict(houses);
  return model.fit(
    houses,
    Array.from(told, (price) => [price, price / 2]),
  );
}

async function iris() {
  const { data, target } = loadIris();
  return new RandomForestClassifier({ nEstimators: 10, randomState: 1 }).fit(data, target);
}

describe('the document', () => {
  it.each<[string, () => Promise<Parameters<typeof serve>[0]>, ServeOptions]>([
    ['a classifier', iris, {}],
    ['a regressor with intervals, below a prefix', priceModel, { prefix: '/ml' }],
    ['a transformer', () => new StandardScaler().fit([{ a: 1 }, { a: 3 }]), {}],
    ['two models behind keys', async () => ({ iris: await iris(), 'a/b c': await priceModel() }), KEYS],
  ])('is valid for %s', async (_name, model, options) => {
    const document = await start(await model(), options);
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: options.prefix ?? '/' }]);
    await expectValid(document);
  });

  it('lists every route but those it hides, each once', async () => {
    const document = await start(await priceModel());
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/', '/predict', '/models/{name}/predict/{version}', '/openapi.json', '/v2']),
    );
    const operations = Object.values<any>(document.paths).flatMap((path) => Object.values<any>(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { summary, tags } of operations) expect([summary.length > 10, tags.length]).toEqual([true, 1]);
    const [name, version] = document.paths['/models/{name}/predict/{version}'].post.parameters;
    expect([name.name, version.name]).toEqual(['name', 'version']);
  });

  it('has examples that the service answers', async () => {
    const { paths } = await start(await priceModel());
    for (const path of ['/predict', '/predict_batch']) {
      const { example } = paths[path].post.requestBody.content['application/json'];
      expect((await post(server.url + path, example)).status).toBe(200);
    }
  });

  it('names the ways to authenticate where there are keys, and what is for administrators', async () => {
    const open = await start(await iris());
    expect(open.components.securitySchemes).toBeUndefined();
    expect(open.paths['/predict'].post.security).toEqual([]);
    await server.close();
    const { paths, components } = await start(await iris(), KEYS);
    expect(Object.keys(components.securitySchemes)).toEqual(['apiKey', 'bearer']);
    expect(paths['/predict'].post.security).toEqual([{ apiKey: [] }, { bearer: [] }]);
    expect(paths['/health'].get.security).toEqual([]);
    expect(paths['/models/{name}/promote'].post.description).toMatch('admin');
    expect((await fetch(`${server.url}/openapi.json`)).status).toBe(401);
  });

  it('is sent again only when it has changed', async () => {
    await start(await iris());
    const etag = (await fetch(`${server.url}/openapi.json`)).headers.get('etag')!;
    const again = await fetch(`${server.url}/openapi.json`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });
});

describe('the schemas', () => {
  it.each([
    ['a regressor', priceModel],
    ['a classifier', verdictModel],
    ['a model of several targets', severalModel],
  ])('take the rows and the answers of %s', async (_name, model) => {
    const document = await start(await model());
    const errors = validator(document);
    for (let i = 0; i < 20; i++) {
      expect(errors('Row', houseAt(i))).toEqual([]);
      const { body } = await post(`${server.url}/predict`, houseAt(i));
      expect(errors('Prediction', body)).toEqual([]);
    }
    const rows = [house, houseAt(0)];
    expect(errors('Batch', { rows })).toEqual([]);
    const { body } = await post(`${server.url}/predict_batch`, { rows });
    expect(errors('BatchPrediction', body)).toEqual([]);
    expect(errors('Row', { features: [4, 30, true, 'Oslo'] })).toEqual([]);
    const get = async (path: string) => (await (await fetch(server.url + path)).json()) as Document;
    expect(errors('ModelInfo', await get('/model_info'))).toEqual([]);
    expect(errors('ModelStatus', (await get('/models')).models[0])).toEqual([]);
    expect(errors('Error', (await post(`${server.url}/predict`, {})).body)).toEqual([]);
  });

  it('take warnings where there are any, and name the binary formats', async () => {
    const document = await start(await priceModel(), { ranges: 'warn' });
    await expectValid(document);
    const errors = validator(document);
    const far = { ...house, rooms: 1000 };
    for (const [path, sent, name] of [
      ['/predict', far, 'Prediction'],
      ['/predict_batch', [house, far], 'BatchPrediction'],
    ] as const) {
      const { body } = await post(server.url + path, sent);
      expect(errors('Warning', body.warnings[0])).toEqual([]);
      expect(errors(name, body)).toEqual([]);
      expect(errors(name, { ...body, warnings: [{ field: 7 }] })).not.toEqual([]);
    }
    for (const path of ['/predict_batch', '/models/{name}/predict_batch', '/v2/models/{model}/infer']) {
      const { requestBody, responses } = document.paths[path].post;
      const types = ['application/json', 'application/octet-stream'];
      expect(Object.keys(requestBody.content)).toEqual(types);
      expect(Object.keys(responses[200].content)).toEqual(types);
    }
    const { parameters } = document.paths['/predict_batch'].post;
    const names = parameters.map((each: { name: string }) => each.name);
    expect(names).toEqual(['model', 'version', 'dtype', 'columns']);
  });

  it.each([
    ['an unknown field', { ...house, pool: true }],
    ['text for a number', { ...house, rooms: '4' }],
    ['an unknown category', { ...house, town: 'Paris' }],
    ['null where no value was missing', { ...house, rooms: null }],
    ['a missing field', { rooms: 4 }],
    ['too many values', [1, 2, true, 'Oslo', 5]],
  ])('refuse %s, as the service does', async (_name, row) => {
    const errors = validator(await start(await priceModel()));
    expect(errors('Row', row)).not.toEqual([]);
    expect((await post(`${server.url}/predict`, row)).status).toBe(400);
  });
});
