/** Models and versions, and which of them is in production. */
import { useState } from 'preact/hooks';
import { act, type Polled } from '../api.ts';
import { Empty, Failure, Loading } from '../parts.tsx';
import type { ModelStatus, VersionStatus } from '../types.ts';

export interface ViewProps {
  models: Polled<{ models: ModelStatus[] }>;
}

export function OverviewView({ models }: ViewProps) {
  const [note, setNote] = useState<{ text: string; bad: boolean }>();
  const [busy, setBusy] = useState(false);
  const { data, error } = models;
  if (data === undefined) return error ? <Failure error={error} /> : <Loading />;
  if (data.models.length === 0) {
    return (
      <Empty title="No models yet">
        <p>The registry is empty. A model that is registered appears here by itself.</p>
      </Empty>
    );
  }
  const run = async (path: string, body: object | undefined, told: (version: string) => string) => {
    setBusy(true);
    setNote(undefined);
    try {
      const { version } = await act<{ version: string }>('POST', path, body);
      setNote({ text: told(version), bad: false });
    } catch (failure) {
      setNote({ text: (failure as Error).message, bad: true });
    }
    setBusy(false);
    models.refresh();
  };
  const promote = (name: string, version: string) =>
    run(
      `models/${encodeURIComponent(name)}/promote`,
      { version },
      (now) => `${name}: version ${now} is in production.`,
    );
  const rollback = (name: string) =>
    run(
      `models/${encodeURIComponent(name)}/rollback`,
      undefined,
      (now) => `${name}: back to version ${now}.`,
    );
  return (
    <>
      <p role="status" class={note?.bad ? 'note bad' : 'note'}>
        {note?.text}
      </p>
      {data.models.map((model) => (
        <section class="card" key={model.name} aria-labelledby={`model-${model.name}`}>
          <div class="row between">
            <h2 id={`model-${model.name}`}>{model.name}</h2>
            {model.versions.length > 1 && (
              <button type="button" disabled={busy} onClick={() => void rollback(model.name)}>
                Roll back
              </button>
            )}
          </div>
          <ul class="versions">
            {[...model.versions].reverse().map((version) => (
              <Version
                key={version.version}
                model={model.name}
                version={version}
                busy={busy}
                promote={() => void promote(model.name, version.version)}
              />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

interface VersionProps {
  model: string;
  version: VersionStatus;
  busy: boolean;
  promote: () => void;
}

function Version({
  model,
  version: { version, state, reason, aliases, production, loadedAt },
  busy,
  promote,
}: VersionProps) {
  return (
    <li>
      <div class="version-name">
        <strong>Version {version}</strong>
        <span class={`state ${state}`}>{state}</span>
        {production && <span class="tag strong">production</span>}
        {aliases.map((alias) => (
          <span class="tag" key={alias}>
            @{alias}
          </span>
        ))}
      </div>
      <div class="muted">
        {loadedAt && (
          <>
            Ready since <time dateTime={loadedAt}>{new Date(loadedAt).toLocaleString()}</time>
          </>
        )}
        {reason && <span class="bad"> {reason}</span>}
      </div>
      {!production && (
        <button
          type="button"
          disabled={busy}
          aria-label={`Promote version ${version} of ${model}`}
          onClick={promote}
        >
          Promote
        </button>
      )}
    </li>
  );
}
