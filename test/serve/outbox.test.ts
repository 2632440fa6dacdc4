/** How answers leave: together where several connections wait for theirs, whole, and in order. */
import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { LinearRegression } from '../../lib/index.js';
import { Outbox } from '../../lib/serve/adapters/outbox.js';
import { type BorealServer, serve } from '../../lib/serve/index.js';
import { requestId } from '../../lib/serve/request-id.js';

const socket = () => new EventEmitter() as Socket;

function outboxOf(connections: number) {
  const written: number[] = [];
  const outbox = new Outbox<number>((answer) => written.push(answer));
  const sockets = Array.from({ length: connections }, socket);
  for (const each of sockets) outbox.watch(each);
  return { outbox, written, sockets };
}

describe('Outbox', () => {
  it('writes at once where there is one connection only', () => {
    const { outbox, written } = outboxOf(1);
    outbox.add(1);
    expect(written).toEqual([1]);
  });

  it('holds what several connections wait for until the turn of the event loop ends', async () => {
    const { outbox, written, sockets } = outboxOf(2);
    outbox.add(1);
    await Promise.resolve();
    outbox.add(2);
    expect(written).toEqual([]);
    await nextTurn();
    expect(written).toEqual([1, 2]);
    sockets[0].emit('close');
    outbox.add(3);
    expect(written).toEqual([1, 2, 3]);
  });

  it('does not let the first one wait for very many', async () => {
    const { outbox, written } = outboxOf(64);
    for (let i = 0; i < 20; i++) outbox.add(i);
    expect(written).toHaveLength(16);
    await nextTurn();
    await nextTurn();
    expect(written).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });
});

describe('requestId', () => {
  it('names each request differently, as text that a log can hold', () => {
    const ids = Array.from({ length: 100 }, () => requestId(undefined));
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(requestId(id)).toBe(id);
  });
});

describe('serve', () => {
  const servers: BorealServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it('answers requests that come in one piece in their order, on every connection', async () => {
    const model = await new LinearRegression().fit([{ x: 1 }, { x: 2 }, { x: 3 }], [2, 4, 6]);
    const server = await serve(model, { port: 0 });
    servers.push(server);
    const port = Number(new URL(server.url).port);
    const ask = (x: number, last: boolean) => {
      const body = JSON.stringify({ x });
      const end = last ? 'connection: close\r\n' : '';
      return `POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${end}content-length: ${body.length}\r\n\r\n${body}`;
    };
    const answers = await Promise.all(
      [10, 20, 30].map(async (x) => {
        const client = connect(port);
        client.write(`${ask(x, false)}HEAD /health HTTP/1.1\r\nhost: x\r\n\r\n${ask(x + 1, true)}`);
        let text = '';
        for await (const part of client) text += part;
        return text;
      }),
    );
    answers.forEach((text, i) => {
      const x = 10 * (i + 1);
      expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
      expect([...text.matchAll(/"prediction":([\d.]+)/g)].map(([, y]) => Math.round(Number(y)))).toEqual([
        2 * x,
        2 * x + 2,
      ]);
    });
  });
});
