/** Models and clients that the tests of serving share. */
import { connect, type Socket } from 'node:net';
import {
  ColumnTransformer,
  LogisticRegression,
  makePipeline,
  OneHotEncoder,
  RandomForestRegressor,
  SimpleImputer,
  StandardScaler,
  type Table,
} from '../../lib/index.js';

const TOWNS = ['Bergen', 'Oslo', 'Turku'];
const ROWS = 120;

/** Columns of every kind; `age` has missing values, the others have none. */
export const houses = {
  rooms: Array.from({ length: ROWS }, (_, i) => 1 + (i % 7)),
  age: Array.from({ length: ROWS }, (_, i) => (i % 10 === 0 ? null : (i * 37) % 90)),
  garden: Array.from({ length: ROWS }, (_, i) => i % 3 === 0),
  town: Array.from({ length: ROWS }, (_, i) => TOWNS[(i * 5) % 3]),
} satisfies Table;

export const prices = Array.from(
  { length: ROWS },
  (_, i) => 100 * houses.rooms[i] + (houses.garden[i] ? 55.5 : 0) + (i % 11),
);
export const verdicts = prices.map((price) => (price > 500 ? 'dear' : price > 250 ? 'fair' : 'cheap'));

/** A row that fits. */
export const house = { rooms: 4, age: 30, garden: true, town: 'Oslo' };

function prepare() {
  return new ColumnTransformer([
    ['numbers', makePipeline(new SimpleImputer(), new StandardScaler()), ['rooms', 'age', 'garden']],
    ['words', new OneHotEncoder(), ['town']],
  ]);
}

/** A pipeline that ends in a forest: a regressor with intervals. */
export function priceModel() {
  return makePipeline(prepare(), new RandomForestRegressor({ nEstimators: 20, randomState: 1 })).fit(
    houses,
    prices,
  );
}

/** A pipeline that ends in a classifier of three classes. */
export function verdictModel() {
  return makePipeline(prepare(), new LogisticRegression()).fit(houses, verdicts);
}

/** Row i of {@link houses} as a client would send it. */
export function houseAt(i: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(houses).map(([name, values]) => [name, values[i]]));
}

/** Posts JSON (or text as it is). */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

/** A raw connection that collects what comes back. */
export class RawClient {
  readonly #socket: Socket;
  #received = '';
  /** Settles when the server has closed the connection. */
  readonly closed: Promise<string>;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk) => {
      this.#received += chunk.toString('latin1');
    });
    this.closed = new Promise((resolve) => {
      this.#socket.on('error', () => undefined);
      this.#socket.on('close', () => resolve(this.#received));
    });
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Waits until the server has sent `text`. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) {
      if (this.#socket.closed) throw new Error(`The connection closed before '${text}': ${this.#received}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return this.#received;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** The head of a POST whose body is still to come; the server answers it with 100 Continue. */
export function postHead(path: string, bytes: number): string {
  return (
    `POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${bytes}\r\nExpect: 100-continue\r\n\r\n`
  );
}
