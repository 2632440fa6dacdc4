/** The life of a server: start, drain, close, signals. */
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { serve } from '../../lib/serve/index.js';
import { post, postHead, RawClient } from './support.js';

const model = new LinearRegression();
beforeAll(async () => {
  await model.fit([[1], [2], [3]], [2, 4, 6]);
});
const options = { port: 0, handleSignals: false } as const;
const isRefused = (url: string) =>
  fetch(url).then(
    () => false,
    (error) => error.cause.code === 'ECONNREFUSED',
  );

describe('serve', () => {
  it('listens where it says', async () => {
    const server = await serve(model, options);
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect((await fetch(server.url)).status).toBe(200);
    await server.close();
    expect(await isRefused(server.url)).toBe(true);
  });

  it('gives a usable address when it listens on all', async () => {
    const server = await serve(model, { ...options, host: '0.0.0.0' });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    await server.close();
  });

  it('puts the routes below a prefix', async () => {
    const server = await serve(model, { ...options, prefix: '/ml' });
    const root = (await (await fetch(`${server.url}/ml`)).json()) as { links: Record<string, string> };
    expect(root.links.predict).toBe('/ml/predict');
    expect((await post(`${server.url}/ml/predict`, [4])).status).toBe(200);
    for (const path of ['/', '/predict', '/ml/none']) {
      const response = await fetch(server.url + path);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
        404,
        'ERR_ROUTE',
      ]);
    }
    await server.close();
  });

  it('refuses what is no model: a promise that nobody awaited would be a server without any', async () => {
    for (const bad of [undefined, 1, {}, [], Promise.resolve(model), { house: Promise.resolve(model) }]) {
      await expect(serve(bad as never, options)).rejects.toMatchObject({ code: 'ERR_PARAMETER' });
    }
  });

  it('refuses bad models and options, and ports in use', async () => {
    await expect(serve(new LinearRegression(), options)).rejects.toMatchObject({ code: 'ERR_NOT_FITTED' });
    for (const bad of [
      { maxRows: 0 },
      { bodyLimit: 0 },
      { prefix: 'ml' },
      { prefix: '/ml/' },
      { explain: 'no' as unknown as boolean },
      { apiKey: 'secret' },
      { drainDelayMs: -1 },
      { closeTimeout: Number.NaN },
    ]) {
      const message = expect.stringContaining(`'${Object.keys(bad)[0]}'`);
      await expect(serve(model, { ...options, ...bad })).rejects.toMatchObject({
        code: 'ERR_PARAMETER',
        message,
      });
    }
    const server = await serve(model, options);
    await expect(serve(model, { ...options, port: server.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await server.close();
  });

  it('keeps serving the model it was given when that is fitted again', async () => {
    const own = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
    const server = await serve(own, options);
    const before = await post(`${server.url}/predict`, [5]);
    await own.fit([[1], [2], [3]], [0, 0, 0]);
    expect((await post(`${server.url}/predict`, [5])).body).toEqual(before.body);
    await server.close();
  });
});

describe('close', () => {
  it('answers a request that has arrived, then closes its connection', async () => {
    const server = await serve(model, { ...options, closeTimeout: 1e6 });
    const client = new RawClient(server.port);
    client.send(postHead('/predict', 3));
    await client.until('100 Continue');
    const closed = server.close();
    expect(await isRefused(server.url)).toBe(true);
    client.send('[4]');
    const response = await client.until('prediction');
    expect(response).toMatch(/HTTP\/1\.1 200 OK.*connection: close/is);
    await closed;
    await client.closed;
  });

  it('does not wait for idle connections', async () => {
    const server = await serve(model, options);
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve, reject) => {
      const sent = request(`${server.url}/health`, { agent }, (response) =>
        response.resume().on('end', resolve),
      );
      sent.on('error', reject).end();
    });
    await server.close();
    agent.destroy();
  });

  it('cuts connections that stay busy for longer than closeTimeout', async () => {
    const server = await serve(model, { ...options, closeTimeout: 50 });
    const client = new RawClient(server.port);
    client.send(postHead('/predict', 1000));
    await client.until('100 Continue');
    await server.close();
    await client.closed;
  });

  it('may be called twice, and by await using', async () => {
    const server = await serve(model, options);
    expect(server.close()).toBe(server.close());
    await server[Symbol.asyncDispose]();
  });
});

describe('signals', () => {
  it('closes when an AbortSignal fires, and refuses one that has', async () => {
    const controller = new AbortController();
    const server = await serve(model, { ...options, signal: controller.signal });
    controller.abort();
    await server.close();
    expect(await isRefused(server.url)).toBe(true);
    await expect(serve(model, { ...options, signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });

  it('listens to the process only while a server is there', async () => {
    const before = process.listenerCount('SIGTERM');
    const servers = await Promise.all(Array.from({ length: 12 }, () => serve(model, { port: 0 })));
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    await Promise.all(servers.map((server) => server.close()));
    expect(process.listenerCount('SIGTERM')).toBe(before);
    expect(process.listenerCount('SIGINT')).toBe(process.listenerCount('SIGTERM'));
  });

  const script = (more: string) => `
    import { LinearRegression } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
    import { serve } from ${JSON.stringify(new URL('../../dist/serve/index.js', import.meta.url).href)};
    const model = await new LinearRegression().fit([[1], [2], [3]], [2, 4, 6]);
    const servers = [await serve(model, { port: 0 }), await serve(model, { port: 0 })];
    ${more}
    console.log(servers[1].port);`;

  /** Runs a script, sends SIGTERM in the middle of a request, and returns how it ended. */
  async function terminate(more: string) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script(more)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    const port = await new Promise<number>((resolve) =>
      child.stdout.on('data', (text) => resolve(Number(text))),
    );
    const client = new RawClient(port);
    client.send(postHead('/predict', 3));
    await client.until('100 Continue');
    child.kill('SIGTERM');
    while (!(await isRefused(`http://127.0.0.1:${port}`)))
      await new Promise((resolve) => setTimeout(resolve, 5));
    client.send('[4]');
    expect(await client.until('prediction')).toMatch('200 OK');
    return exited;
  }

  it('finishes requests on SIGTERM and lets the process end with code 0', async () => {
    expect(await terminate('')).toEqual({ code: 0, signal: null });
  });

  it('does not keep a process alive that SIGTERM would have ended', async () => {
    expect(await terminate('setInterval(() => {}, 1000);')).toEqual({ code: null, signal: 'SIGTERM' });
  });
});
