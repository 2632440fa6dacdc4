/** Rates, latencies, errors, batches and the event loop over the last five minutes. */
import { useCallback, useRef, useState } from 'preact/hooks';
import { get, useRepeat } from '../api.ts';
import { Chart } from '../chart.tsx';
import { Empty, Failure, Loading, short } from '../parts.tsx';
import type { FeedAnswer, FeedSecond } from '../types.ts';

const KEPT = 300;

/** The feed, followed: each call brings only what is new; after a restart of the server it begins anew. */
function useFeed(): { seconds?: FeedSecond[]; error?: Error } {
  const feed = useRef<FeedAnswer | undefined>(undefined);
  const [state, setState] = useState<{ seconds?: FeedSecond[]; error?: Error }>({});
  const read = useCallback(async () => {
    try {
      const since = feed.current?.seconds.at(-1)?.at ?? 0;
      let answer = await get<FeedAnswer>(`console/feed?since=${since}`);
      if (feed.current !== undefined && feed.current.id !== answer.id) {
        feed.current = undefined;
        answer = await get<FeedAnswer>('console/feed');
      }
      const seconds = [...(feed.current?.seconds ?? []), ...answer.seconds].slice(-KEPT);
      feed.current = { id: answer.id, seconds };
      setState({ seconds });
    } catch (error) {
      setState((before) => ({ seconds: before.seconds, error: error as Error }));
    }
  }, []);
  useRepeat(read, 1000);
  return state;
}

export function LiveView() {
  const { seconds, error } = useFeed();
  if (seconds === undefined) return error ? <Failure error={error} missing={<Missing />} /> : <Loading />;
  const times = seconds.map(({ at }) => at);
  const series = (key: keyof FeedSecond) => seconds.map((second) => second[key]);
  const total = seconds.reduce((sum, { requests }) => sum + requests, 0);
  const last = seconds.at(-1);
  const slowest = seconds.reduce((most, { p99 }) => Math.max(most, p99 ?? 0), 0);
  const errors = seconds.reduce((sum, { refused, failed }) => sum + refused + failed, 0);
  return (
    <>
      <dl class="tiles">
        <Tile label="Requests per second" value={short(last?.requests)} />
        <Tile label="Requests in 5 minutes" value={short(total)} />
        <Tile label="Errors in 5 minutes" value={short(errors)} bad={errors > 0} />
        <Tile label="Slowest p99" value={total === 0 ? '–' : `${short(slowest)} ms`} />
      </dl>
      {total === 0 && (
        <p class="muted">
          No predictions in the last five minutes. Send one from the Try view, and see it here.
        </p>
      )}
      <div class="charts">
        <Chart
          title="Requests"
          unit="per second"
          times={times}
          series={[{ label: 'requests', color: 1, values: series('requests') }]}
        />
        <Chart
          title="Latency"
          unit="ms"
          times={times}
          series={[
            { label: 'p50', color: 1, values: series('p50') },
            { label: 'p95', color: 2, values: series('p95') },
            { label: 'p99', color: 3, values: series('p99') },
          ]}
        />
        <Chart
          title="Errors"
          unit="per second"
          times={times}
          series={[
            { label: '4xx', color: 3, values: series('refused') },
            { label: '5xx', color: 4, values: series('failed') },
          ]}
        />
        <Chart
          title="Batch size"
          unit="rows"
          times={times}
          series={[
            {
              label: 'mean',
              color: 2,
              values: seconds.map(({ rows, batches }) => (batches === 0 ? null : rows / batches)),
            },
          ]}
        />
        <Chart
          title="Longest wait in the queue"
          unit="ms"
          times={times}
          series={[{ label: 'wait', color: 3, values: series('queueMs') }]}
        />
        <Chart
          title="Event-loop delay"
          unit="ms"
          times={times}
          series={[{ label: 'longest', color: 4, values: series('loopMs') }]}
        />
      </div>
    </>
  );
}

function Missing() {
  return (
    <Empty title="No live data">
      <p>This server does not keep it.</p>
    </Empty>
  );
}

function Tile({ label, value, bad = false }: { label: string; value: string; bad?: boolean }) {
  return (
    <div class="tile">
      <dt>{label}</dt>
      <dd class={bad ? 'bad' : ''}>{value}</dd>
    </div>
  );
}
