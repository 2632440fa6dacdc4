/** `.keras` files: what is refused and by which name, hostile files, and the options of the two functions. */
import { readFileSync } from 'node:fs';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readModel } from '../../lib/interchange/keras/read-model.js';
import { writeModel } from '../../lib/interchange/keras/write-model.js';
import * as nn from '../../lib/nn/index.js';
import { evaluate } from '../support/child.js';

// biome-ignore lint/suspicious/noExplicitAny: a configuration that tests damage
type Json = any;
const CONFIG = 'config.json';
const models = new URL('../golden/models/', import.meta.url);
const fileOf = (name: string) => new Uint8Array(readFileSync(new URL(`keras-${name}.keras`, models)));

/** A configuration that is written out. */
class Text {
  constructor(readonly text: string) {}
}

/** A file whose configuration is changed. */
function changed(name: string, change: (config: Json) => unknown): Uint8Array {
  const members = unzipSync(fileOf(name));
  const config = JSON.parse(strFromU8(members[CONFIG]));
  const given = change(config);
  const json = given instanceof Text ? given.text : JSON.stringify(config);
  return zipSync({ ...members, [CONFIG]: strToU8(json) }, { level: 0 });
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    ({ code }) => code,
  );
const messageOf = (bytes: Uint8Array, options = {}) =>
  readModel(bytes, options).then(
    () => 'none',
    (error) => `${error.code} ${error.message}`,
  );
const layer = (config: Json, className: string) =>
  config.config.layers.find((one: Json) => one.class_name === className).config;

const REFUSED: ReadonlyArray<[string, string, (config: Json) => unknown]> = [
  ['layer "x" (LSTM)', 'iris', (c) => (c.config.layers[1] = { class_name: 'LSTM', config: { name: 'x' } })],
  ['is not one of Keras itself', 'iris', (c) => (c.config.layers[1].registered_name = 'mine>Dense')],
  ['is not one of Keras itself', 'iris', (c) => (c.config.layers[1].module = 'os')],
  ['option "data_format"', 'digits', (c) => (layer(c, 'Conv2D').data_format = 'channels_first')],
  ['option "axis"', 'digits', (c) => (layer(c, 'BatchNormalization').axis = 1)],
  ['option "renorm"', 'digits', (c) => (layer(c, 'BatchNormalization').renorm = true)],
  ['option "mask_zero"', 'positions', (c) => (layer(c, 'Embedding').mask_zero = true)],
  ['option "something_new"', 'iris', (c) => (layer(c, 'Dense').something_new = 1)],
  ['a ReLU with these options', 'digits', (c) => (layer(c, 'ReLU').max_value = 2)],
  ['the activation "glu"', 'iris', (c) => (layer(c, 'Dense').activation = 'glu')],
  ['type "int8"', 'iris', (c) => (layer(c, 'Dense').dtype = 'int8')],
  ['type "string"', 'iris', (c) => (layer(c, 'InputLayer').dtype = 'string')],
  ['not all known', 'iris', (c) => (layer(c, 'InputLayer').batch_shape = [null, null])],
  ['not all known', 'iris', (c) => (layer(c, 'InputLayer').batch_shape = [])],
  ['units', 'iris', (c) => (layer(c, 'Dense').units = 1e308)],
  ['the weights of layer "dense"', 'iris', (c) => (layer(c, 'Dense').units = 2 ** 20)],
  ['more than', 'digits', (c) => (layer(c, 'InputLayer').batch_shape = [null, 2 ** 27, 2 ** 27, 1])],
  ['the weights of layer', 'iris', (c) => (layer(c, 'Dense').use_bias = false)],
  ['Two layers are named', 'iris', (c) => (c.config.layers[2].config.name = 'dense')],
  ['compile: false', 'iris', (c) => (c.compile_config.loss = 'ctc')],
  ['compile: false', 'iris', (c) => (c.compile_config.optimizer.class_name = 'Lion')],
  ['compile: false', 'iris', (c) => (c.compile_config.optimizer.config.use_ema = true)],
  ['compile: false', 'iris', (c) => (c.compile_config.metrics = ['mine'])],
  ['compile: false', 'iris', (c) => (c.compile_config.loss_weights = [2])],
  ['compile: false', 'iris', (c) => (c.compile_config.optimizer.config.amsgrad = true)],
  ['compile: false', 'iris', (c) => (layer(c, 'Dense').kernel_constraint = { class_name: 'NonNeg' })],
  ['"Sequence"', 'iris', (c) => (c.class_name = 'Sequence')],
  ["no object 'config'", 'iris', (c) => delete c.config],
  ["no list 'layers'", 'iris', (c) => (c.config.layers = {})],
  ['a layer is none', 'iris', (c) => (c.config.layers[0] = null)],
  ['At least', 'iris', (c) => (c.config.layers = [])],
  ['one input to one output', 'diabetes', (c) => (c.config.output_layers = [['flatten', 0, 0]])],
  ['several inputs', 'diabetes', (c) => (c.config.layers[1].inbound_nodes = [])],
  ['follow one another', 'diabetes', (c) => c.config.layers[3].inbound_nodes.push({ args: [] })],
  [
    'follow one another',
    'diabetes',
    (c) => (c.config.layers[3].inbound_nodes[0].kwargs = { training: true }),
  ],
  ['no JSON', 'iris', () => new Text('{')],
  ['no object', 'iris', () => new Text('7')],
  ['layer [object', 'iris', (c) => (c.config.layers[1].config.name = { toString: 1 })],
];

describe('refuses by name', () => {
  test.each(REFUSED)('%s in %s', async (message, name, change) => {
    const found = await messageOf(changed(name, change));
    expect(found).toMatch(/^ERR_IMPORT This Keras model cannot be imported: /);
    if (!message.startsWith('layer [')) expect(found.toLowerCase()).toContain(message.toLowerCase());
  });

  test('what only training needs is left out on request', async () => {
    const training = REFUSED.filter(([message]) => message === 'compile: false');
    for (const [, name, change] of training) {
      const model = await readModel(changed(name, change), { compile: false });
      expect(model.params.loss).toBeNull();
      expect(model.kind).toBe('transformer');
    }
  });

  test('JSON however deep, and members of odd names', async () => {
    const deep = `{"class_name":"Sequential","config":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
    expect(await messageOf(changed('iris', () => new Text(deep)))).toContain('ERR_IMPORT');
    const odd = await messageOf(
      changed('iris', () => new Text('{"__proto__":{"class_name":"Sequential"},"constructor":1}')),
    );
    expect(odd).toContain("no text 'class_name'");
  });
});

describe('archives', () => {
  test('that are none, cut off, or short of a member', async () => {
    const bytes = fileOf('iris');
    for (const damaged of [new Uint8Array(), new Uint8Array(7), new Uint8Array(70_000), bytes.slice(9)])
      expect(await messageOf(damaged)).toContain('ERR_IMPORT');
    for (let k = 0; k < 20; k++) {
      const part = bytes.slice(0, Math.floor((bytes.length * k) / 20));
      expect(await messageOf(part)).toContain('ERR_IMPORT');
    }
    for (const name of [CONFIG, 'model.weights.h5']) {
      const members = unzipSync(bytes);
      delete members[name];
      expect(await messageOf(zipSync(members))).toContain(`it has no '${name}'`);
    }
    // Names that are paths elsewhere are not those that are read.
    const { [CONFIG]: config, ...others } = unzipSync(bytes);
    expect(await messageOf(zipSync({ [`../${CONFIG}`]: config, ...others }))).toContain('it has no');
  });

  test('that unpack to more than they should', async () => {
    const members = unzipSync(fileOf('iris'));
    const bomb = zipSync({ ...members, 'model.weights.h5': new Uint8Array(40_000_000) }, { level: 9 });
    expect(bomb.length).toBeLessThan(100_000);
    expect(await messageOf(bomb)).toContain('would have 40000000 bytes');
    const wide = zipSync({ ...members, [CONFIG]: new Uint8Array((1 << 26) + 1) }, { level: 0 });
    expect(await messageOf(wide)).toContain('would have');
  });

  test('that are packed, or have assets, are read', async () => {
    const members = { ...unzipSync(fileOf('iris')), 'assets/vocabulary.txt': strToU8('a') };
    const model = await readModel(zipSync(members, { level: 9 }), {});
    expect(model.countParams()).toBe(67);
  });
});

// In threads of their own: what a damaged file does to the library is over with it.
test('weights that are damaged, lie elsewhere or declare more than there is', async () => {
  const messages = await evaluate<Record<string, string>>(`
    const { readFileSync } = await import('node:fs');
    const { unzipSync, zipSync } = await import('fflate');
    const h5 = (await import('h5wasm')).default;
    const { FS, create_soft_link, create_external_link } = await h5.ready;
    const file = readFileSync(${JSON.stringify(new URL('keras-iris.keras', models).pathname)});
    const members = unzipSync(file);
    const NAME = 'model.weights.h5';
    const fill = (group, names, data, shape, more) => {
      let at = group;
      for (const name of names.slice(0, -1)) at = at.keys().includes(name) ? at.get(name) : at.create_group(name);
      at.create_dataset({ name: names.at(-1), data, shape, ...more });
    };
    const dense = (file, values, more, shape = [4, 8]) => {
      fill(file, ['layers', 'dense', 'vars', '0'], values, shape, more);
      fill(file, ['layers', 'dense', 'vars', '1'], new Float32Array(8), [8]);
      fill(file, ['layers', 'dense_1', 'vars', '0'], new Float32Array(24), [8, 3]);
      fill(file, ['layers', 'dense_1', 'vars', '1'], new Float32Array(3), [3]);
    };
    const makers = {
      none: null,
      good: (f) => dense(f, new Float32Array(32)),
      doubles: (f) => dense(f, new Float64Array(32)),
      nan: (f) => dense(f, new Float32Array(32).fill(NaN)),
      large: (f) => dense(f, new Float64Array(32).fill(1e300)),
      bytes: (f) => dense(f, new Uint8Array(32)),
      text: (f) => dense(f, Array(32).fill('x')),
      shape: (f) => dense(f, new Float32Array(32), {}, [8, 4]),
      scalar: (f) => dense(f, new Float32Array(1), {}, []),
      packed: (f) => dense(f, new Float32Array(32), { chunks: [4, 8], compression: 9 }),
      bomb: (f) => dense(f, new Float32Array(2 ** 22), { chunks: [1024, 1024], compression: 9 }, [2048, 2048]),
      group: (f) => { f.create_group('layers').create_group('dense').create_group('vars').create_group('0'); },
      notGroup: (f) => fill(f, ['layers', 'dense'], new Float32Array(1), [1]),
      root: (f) => fill(f, ['layers'], new Float32Array(1), [1]),
      soft: (f) => { f.create_group('layers'); create_soft_link(f.file_id, '/layers', '/layers/dense'); },
      external: (f) => { f.create_group('layers'); create_external_link(f.file_id, '/etc/passwd', '/', '/layers/dense'); },
      empty: () => {},
      cut: (f) => dense(f, new Float32Array(32)),
    };
    const result = {};
    for (const [name, make] of Object.entries(makers)) {
      let weights = new Uint8Array([1, 2, 3]);
      if (make !== null) {
        const file = new h5.File(name, 'w');
        make(file);
        file.close();
        weights = FS.readFile(name);
      }
      if (name === 'cut') weights = weights.slice(0, weights.length / 2);
      const bytes = zipSync({ ...members, [NAME]: weights }, { level: 0 });
      const read = boreal.importKeras(bytes, { compile: false });
      result[name] = await read.then((m) => String(m.countParams()), (error) => error.code + ' ' + error.message);
    }
    console.log(JSON.stringify(result));`);
  const { good, doubles, ...bad } = messages;
  expect([good, doubles]).toEqual(['67', '67']);
  for (const message of Object.values(bad))
    expect(message).toMatch(/^ERR_IMPORT This Keras model cannot be imported: /);
  expect(bad.nan).toContain('holds NaN');
  expect(bad.large).toContain('holds 1e+300');
  expect(bad.packed).toContain('compressed');
  expect(bad.bytes).toContain('no numbers of 32 or 64 bits');
});

describe('reads and writes', () => {
  test('in threads, from paths and bytes, with labels, and aborts', async () => {
    const path = JSON.stringify(new URL('keras-iris.keras', models).pathname);
    const result = await evaluate<Json>(`
      const { readFile } = await import('node:fs/promises');
      const codeOf = (promise) => promise.then(() => 'none', (error) => error.code);
      const classes = ['setosa', 'versicolor', 'virginica'];
      const model = await boreal.importKeras(${path}, { classes });
      const again = await boreal.importKeras(await boreal.exportKeras(model), { classes });
      const late = new AbortController();
      const running = codeOf(boreal.exportKeras(model, { signal: late.signal }));
      setTimeout(() => late.abort(), 1);
      console.log(JSON.stringify({
        label: model.predictTargetSync([[1, 1, 1, 1]])[0] === classes[model.predictSync([[1, 1, 1, 1]]).argmax(1)[0]],
        equal: Buffer.from(again.getWeights()[0].buffer).equals(Buffer.from(model.getWeights()[0].buffer)),
        steps: again.snapshot().fitted.state.steps,
        codes: [
          await codeOf(boreal.importKeras(await readFile(${path}), { classes: ['a'] })),
          await codeOf(boreal.importKeras(${path}, { classes, compile: false })),
          await codeOf(boreal.importKeras(${path}, { compile: 1 })),
          await codeOf(boreal.importKeras(${path}, { labels: classes })),
          await codeOf(boreal.importKeras(7)),
          await codeOf(boreal.importKeras(${path}, { signal: AbortSignal.abort() })),
          await codeOf(boreal.exportKeras(new boreal.Ridge())),
          await codeOf(boreal.exportKeras(model, { compile: true })),
          await running,
        ],
      }));`);
    expect(result.label).toBe(true);
    expect(result.equal).toBe(true);
    expect(result.steps).toBe(4);
    expect(result.codes).toEqual([
      ...['ERR_IMPORT', 'ERR_IMPORT', 'ERR_PARAMETER', 'ERR_PARAMETER', 'ERR_PARAMETER', 'ERR_ABORTED'],
      ...['ERR_PARAMETER', 'ERR_PARAMETER', 'ERR_ABORTED'],
    ]);
  });

  test('refuse what the other does not have', async () => {
    const of = (...layers: nn.Layer[]) => new nn.Sequential([nn.input([3]), ...layers]).build();
    const refused = [
      of(nn.dense(2, { activation: 'geluTanh' })),
      of(nn.dense(2, { name: 'a/b' })),
      of(nn.reshape([1, 1, 1, 3]), nn.globalAvgPool()),
    ];
    for (const model of refused) expect(await codeOf(writeModel(model))).toBe('ERR_NOT_SUPPORTED');
    const unbuilt = new nn.Sequential([nn.dense(2)]);
    expect(await codeOf(writeModel(unbuilt))).toBe('ERR_NOT_FITTED');
  });

  test('a model that was compiled and never trained, and one that was not built', async () => {
    const model = new nn.Sequential([nn.dense(2, { activation: 'relu' })], { randomState: 1 });
    model.compile({ optimizer: 'adam', loss: 'mse' }).build([3]);
    const again = await readModel(await writeModel(model), {});
    expect(again.getWeights()).toEqual(model.getWeights());
    expect(again.snapshot().fitted!.state.steps).toBe(0);
    const unbuilt = changed('iris', (c) => {
      c.config.layers.shift();
      delete c.config.build_input_shape;
    });
    expect((await readModel(unbuilt, {})).isFitted).toBe(false);
    expect(await messageOf(unbuilt, { classes: ['a', 'b', 'c'] })).toContain('was not built');
  });
});
