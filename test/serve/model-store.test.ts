/** The life of models in memory: load, swap, drain, fail, unload, who answers which name. */
import { describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { ModelEndpoint } from '../../lib/serve/index.js';
import { ModelStore } from '../../lib/serve/models/model-store.js';
import type { Entry, VersionPolicy } from '../../lib/serve/models/served-model.js';
import type { ListedModel, ModelSource } from '../../lib/serve/models/source.js';
import { type ModelEvent, Observers } from '../../lib/serve/observer.js';

/** A source whose listing a test changes, and whose loads a test ends. */
class TestSource implements ModelSource {
  models: ListedModel[] = [];
  listing(name: string, versions: Record<string, string>, more: Partial<ListedModel> = {}) {
    const listed = Object.entries(versions).map(([version, revision]) => ({ version, revision }));
    this.models = this.models.filter((model) => model.name !== name);
    this.models.push({ name, versions: listed, aliases: new Map(), ...more });
  }
  async list() {
    return this.models;
  }
  async open(): Promise<never> {
    throw new Error('not used: the test has its own loader');
  }
  async promote(name: string, version: string) {
    this.models = this.models.map((model) =>
      model.name === name ? { ...model, production: version } : model,
    );
  }
  rollback = async () => '1';
  alias = async () => undefined;
}

async function setUp(policy?: VersionPolicy) {
  const estimator = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
  const source = new TestSource();
  const events: string[] = [];
  const observers = new Observers();
  observers.add({
    model: ({ action, name, version }: ModelEvent) => events.push(`${action} ${name}/${version}`),
  });
  const loads: string[] = [];
  const failing = new Set<string>();
  let gate: Promise<void> = Promise.resolve();
  const store = new ModelStore(
    source,
    async (name, version) => {
      loads.push(`${name}/${version}`);
      await gate;
      if (failing.has(version)) throw new Error('cannot read it');
      return ModelEndpoint.create(estimator, { name, version });
    },
    observers,
    policy,
  );
  const hold = () => {
    let open!: () => void;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  };
  const states = (name = 'm') =>
    Object.fromEntries(
      store
        .status()
        .find((model) => model.name === name)!
        .versions.map(({ version, state, production }) => [version, production ? `${state}*` : state]),
    );
  return { source, store, events, loads, failing, hold, states };
}

const settled = async (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(() => resolve(false)))]);

describe('a store', () => {
  it('loads what the source has, oldest first; the promoted version answers, else the newest', async () => {
    const { source, store, states } = await setUp();
    source.listing('m', { 1: 'a', 2: 'b', 3: 'c' });
    await store.refresh();
    expect(states()).toEqual({ 1: 'ready', 2: 'ready', 3: 'ready*' });
    expect(store.get({}).version).toBe('3');
    await store.promote('m', '2');
    expect(states()).toEqual({ 1: 'ready', 2: 'ready*', 3: 'ready' });
    expect(store.get({ name: 'm' }).version).toBe('2');
  });

  it.each([
    ['all', { 1: 'ready', 2: 'ready*', 3: 'ready' }],
    ['production', { 1: 'ready', 2: 'ready*', 3: 'unloaded' }],
    ['latest', { 1: 'unloaded', 2: 'unloaded', 3: 'ready*' }],
    [['1'], { 1: 'ready*', 2: 'unloaded', 3: 'unloaded' }],
  ] as const)('keeps in memory what the policy %s says', async (policy, expected) => {
    const { source, store, states } = await setUp(policy);
    source.listing('m', { 1: 'a', 2: 'b', 3: 'c' }, { production: '2', aliases: new Map([['old', '1']]) });
    await store.refresh();
    expect(states()).toEqual(expected);
  });

  it('promotes what was taken out, or left out by the policy', async () => {
    const { source, store, states } = await setUp(['1']);
    source.listing('m', { 1: 'a', 2: 'b' });
    await store.refresh();
    await store.promote('m', '2');
    expect(states()).toEqual({ 1: 'ready', 2: 'ready*' });
    await store.unload('m', '1');
    await store.promote('m', '1');
    await store.refresh();
    expect(states()).toEqual({ 1: 'ready*', 2: 'ready' });
    const latest = await setUp('latest');
    latest.source.listing('m', { 1: 'a', 2: 'b' });
    await latest.store.refresh();
    await expect(latest.store.promote('m', '1')).rejects.toMatchObject({ code: 'ERR_CONFLICT', status: 409 });
  });

  it('finds versions by alias, and says which there are when there is none', async () => {
    const { source, store } = await setUp();
    source.listing('m', { 1: 'a', 2: 'b' }, { aliases: new Map([['champion', '1']]) });
    source.listing('other', { 1: 'a' });
    await store.refresh();
    expect(store.get({ version: 'champion' }).version).toBe('1');
    expect(store.get({ name: 'other' }).name).toBe('other');
    expect(() => store.get({ name: 'none' })).toThrow(/does not have model 'none'; it has 'm', 'other'/);
    expect(() => store.get({ version: '9' })).toThrow(
      /version '9' of model 'm'; ready are 'champion', '1', '2'/,
    );
    expect(() => store.get({ name: 'constructor', version: '__proto__' })).toThrow(/does not have model/);
  });

  it('shares one load between concurrent calls', async () => {
    const { source, store, loads, hold, states } = await setUp([]);
    source.listing('m', { 1: 'a' });
    await store.refresh();
    const open = hold();
    const both = [store.load('m', '1'), store.load('m'), store.load('m', '1')];
    await settled(Promise.all(both));
    expect(states()).toEqual({ 1: 'loading' });
    expect(() => store.get({})).toThrow(/No version of model 'm' is ready/);
    open();
    await Promise.all(both);
    expect(loads).toEqual(['m/1']);
    expect(states()).toEqual({ 1: 'ready*' });
  });

  it('keeps the old version when its successor fails, and says why', async () => {
    const { source, store, failing, events } = await setUp();
    source.listing('m', { 1: 'a' });
    await store.refresh();
    const before = store.get({}).endpoint;
    failing.add('1');
    await expect(store.reload('m')).rejects.toThrow('cannot read it');
    expect(store.get({}).endpoint).toBe(before);
    expect(store.status()[0].versions[0]).toMatchObject({ state: 'ready', reason: expect.any(String) });
    source.listing('m', { 1: 'a', 2: 'b' }, { production: '2' });
    failing.add('2');
    await expect(store.refresh()).rejects.toThrow();
    expect(store.get({}).version).toBe('1');
    expect(store.status()[0].versions).toMatchObject([
      { state: 'ready', production: true },
      { state: 'failed', production: false, reason: expect.any(String) },
    ]);
    failing.clear();
    await store.refresh();
    expect(store.get({}).version).toBe('1');
    await store.load('m', '2');
    expect(store.get({}).version).toBe('2');
    expect(events).toEqual(['loaded m/1', 'failed m/1', 'failed m/2', 'promoted m/2', 'loaded m/2']);
  });

  it('loads again only what has changed, and everything when told to', async () => {
    const { source, store, loads } = await setUp();
    source.listing('m', { 1: 'a', 2: 'b' });
    await store.refresh();
    source.listing('m', { 1: 'a', 2: 'B' });
    await store.refresh();
    expect(loads).toEqual(['m/1', 'm/2', 'm/2']);
    await store.reload();
    expect(loads).toEqual(['m/1', 'm/2', 'm/2', 'm/1', 'm/2']);
  });

  it('lets requests finish on the model they hold, and drops it after the last', async () => {
    const { source, store, states } = await setUp();
    source.listing('m', { 1: 'a' });
    await store.refresh();
    const held = store.hold({});
    let finish!: () => void;
    const answer = store.use(
      {},
      ({ endpoint }) =>
        new Promise((resolve) => {
          finish = () => resolve(endpoint.predict([4]));
        }),
    );
    const reloaded = store.reload();
    while (store.get({}).endpoint === held.endpoint) await new Promise(setImmediate);
    expect(await settled(reloaded)).toBe(false);
    held.release();
    expect(await settled(reloaded)).toBe(false);
    finish();
    expect(await answer).toMatchObject({ prediction: expect.closeTo(8, 6) });
    await reloaded;

    const last = store.hold({});
    const unloaded = store.unload('m');
    await settled(unloaded);
    expect(states()).toEqual({ 1: 'unloading' });
    last.release();
    await unloaded;
    expect(states()).toEqual({ 1: 'unloaded' });
    await store.refresh();
    expect(states()).toEqual({ 1: 'unloaded' });
    await store.load('m');
    expect(states()).toEqual({ 1: 'ready*' });
  });

  it('releases the model of a use that throws', async () => {
    const { source, store } = await setUp();
    source.listing('m', { 1: 'a' });
    await store.refresh();
    expect(() =>
      store.use({}, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    await expect(
      store.use({}, async () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const odd = {
      // biome-ignore lint/suspicious/noThenProperty: what is asked of any result
      get then() {
        throw new Error('no');
      },
    };
    expect(() => store.use({}, () => odd)).toThrow('no');
    expect(store.use({}, ({ version }) => version)).toBe('1');
    const held = store.hold({}) as Entry;
    held.release();
    // Nobody holds it, or this would wait.
    expect(await settled(held.drain())).toBe(true);
    await store.reload();
  });

  it('holds the model of a query that starts when it is waited for, and starts it once', async () => {
    const { source, store } = await setUp();
    source.listing('m', { 1: 'a' });
    await store.refresh();
    const held = store.hold({});
    let [starts, finish] = [0, (_: string) => {}];
    const query: PromiseLike<string> = {
      // biome-ignore lint/suspicious/noThenProperty: as the queries of knex and mongoose have it
      then(fulfilled, rejected) {
        starts += 1;
        return new Promise<string>((resolve) => {
          finish = resolve;
        }).then(fulfilled, rejected);
      },
    };
    const answer = store.use({}, () => query);
    const reloaded = store.reload();
    while (store.get({}).endpoint === held.endpoint) await new Promise(setImmediate);
    held.release();
    expect(await settled(reloaded)).toBe(false);
    finish('row');
    expect(await answer).toBe('row');
    await reloaded;
    expect(starts).toBe(1);
  });

  it('forgets what the source no longer has', async () => {
    const { source, store } = await setUp();
    source.listing('m', { 1: 'a', 2: 'b' });
    source.listing('n', { 1: 'a' });
    await store.refresh();
    source.models = [];
    source.listing('m', { 1: 'a' });
    await store.refresh();
    expect(store.names()).toEqual(['m']);
    expect(store.get({}).version).toBe('1');
  });
});
