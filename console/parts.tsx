/** Pieces that several views are made of. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, askForKey, OfflineError, onAskForKey, setApiKey } from './api.ts';

/** Explains why there is nothing to see, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** What went wrong while a view was read. @param missing - shown when the server lacks the route */
export function Failure({ error, missing }: { error: Error; missing?: ComponentChildren }) {
  if (error instanceof OfflineError) {
    return (
      <Empty title="The server does not answer">
        <p>The page tries again by itself.</p>
      </Empty>
    );
  }
  if (error instanceof ApiError && error.isLocked) {
    return (
      <Empty title="An API key is needed">
        <p>{error.message}</p>
        <button type="button" class="primary" onClick={() => void askForKey(error.message)}>
          Enter a key
        </button>
      </Empty>
    );
  }
  if (error instanceof ApiError && error.isMissing && missing !== undefined) return <>{missing}</>;
  return (
    <Empty title="This could not be read">
      <p>{error.message}</p>
    </Empty>
  );
}

/** While the first answer is on its way. */
export function Loading() {
  return <p class="muted loading">Loading…</p>;
}

/** A dialog for the API key, opened by `askForKey`. */
export function KeyDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [message, setMessage] = useState('');
  const [key, setKey] = useState('');
  const done = useRef<(given: boolean) => void>(() => undefined);
  useEffect(() => {
    let pending: Promise<boolean> | undefined;
    onAskForKey((text) => {
      setMessage(text);
      pending ??= new Promise<boolean>((resolve) => {
        done.current = resolve;
        dialog.current?.showModal();
      }).finally(() => {
        pending = undefined;
      });
      return pending;
    });
  }, []);
  const close = (given: boolean) => {
    if (given) setApiKey(key.trim());
    setKey('');
    done.current(given);
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} aria-labelledby="key-title" onClose={() => close(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== '') close(true);
        }}
      >
        <h2 id="key-title">API key</h2>
        <p>{message}</p>
        <label class="field">
          <span>Key</span>
          <input
            type="password"
            autocomplete="off"
            required
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <p class="muted">It is kept in this tab and sent to this server only.</p>
        <div class="row end">
          <button type="button" onClick={() => close(false)}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Use key
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Text to be copied. */
export function Code({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div class="code">
      <div class="code-head">
        <span>{label}</span>
        {navigator.clipboard && (
          <button type="button" class="small" onClick={() => void copy()}>
            {copied ? 'Copied' : 'Copy'}
          </button>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keyboard. */}
      <section class="code-text" tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
    </div>
  );
}

/** Moves the focus among siblings with the same role by arrow keys, Home and End. */
export function moveFocus(event: KeyboardEvent): void {
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  const step = steps[event.key];
  const current = event.currentTarget as HTMLElement;
  if (step === undefined) return;
  event.preventDefault();
  const all = [...current.parentElement!.querySelectorAll<HTMLElement>('[role=tab]')];
  const at = all.indexOf(current) + step;
  const next = Number.isFinite(at) ? (at + all.length) % all.length : at < 0 ? 0 : all.length - 1;
  all[next].focus();
  all[next].click();
}

/** A number in a few characters. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return value.toLocaleString('en');
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(2);
  return value.toLocaleString('en', { maximumSignificantDigits: 4 });
}

/** A p-value as people write it. */
export function pvalue(p: number | null | undefined): string {
  if (p === null || p === undefined) return '–';
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
