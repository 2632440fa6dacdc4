/** The page: a head with tabs, and the view that the address names. */
import './app.css';
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { apiKey, askForKey, OfflineError, setApiKey, usePoll } from './api.ts';
import { KeyDialog, moveFocus } from './parts.tsx';
import type { ModelStatus } from './types.ts';
import { AbView } from './views/ab.tsx';
import { ApiView } from './views/api.tsx';
import { DriftView } from './views/drift.tsx';
import { LiveView } from './views/live.tsx';
import { OverviewView } from './views/overview.tsx';
import { TryView } from './views/try.tsx';

const VIEWS = [
  ['overview', 'Overview', 'Models', OverviewView],
  ['try', 'Try', 'Try a prediction', TryView],
  ['live', 'Live', 'Live', LiveView],
  ['drift', 'Drift', 'Drift', DriftView],
  ['ab', 'A/B', 'A/B tests', AbView],
  ['api', 'API', 'API', ApiView],
] as const;

type ViewName = (typeof VIEWS)[number][0];

function viewOf(hash: string): ViewName {
  const found = VIEWS.find(([name]) => `#${name}` === hash);
  return found?.[0] ?? (location.pathname.endsWith('/docs') ? 'api' : 'overview');
}

function App() {
  const [view, setView] = useState(viewOf(location.hash));
  const models = usePoll<{ models: ModelStatus[] }>('models', 3000);
  useEffect(() => {
    const follow = () => {
      if (location.hash !== '#main') setView(viewOf(location.hash));
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const [, title, heading, View] = VIEWS.find(([name]) => name === view)!;
  useEffect(() => {
    document.title = `${title} · boreal console`;
  }, [title]);
  return (
    <>
      <header>
        <div class="brand">
          <img src="console/icon.svg" alt="" width="22" height="22" />
          boreal
        </div>
        <div role="tablist" aria-label="Views">
          {VIEWS.map(([name, label]) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={name === view}
              aria-controls="panel"
              tabIndex={name === view ? 0 : -1}
              onKeyDown={moveFocus}
              onClick={() => {
                location.hash = name;
              }}
            >
              {label}
            </button>
          ))}
        </div>
        <div class="tools">
          <KeyButton />
          <ThemeButton />
        </div>
      </header>
      <p role="status" class={models.error instanceof OfflineError ? 'banner' : 'banner quiet'}>
        {models.error instanceof OfflineError ? 'The server does not answer. Trying again…' : ''}
      </p>
      <main id="main" tabIndex={-1}>
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${view}`}>
          <h1>{heading}</h1>
          <View models={models} />
        </div>
      </main>
      <KeyDialog />
    </>
  );
}

function KeyButton() {
  const [has, setHas] = useState(apiKey() !== null);
  useEffect(() => {
    const follow = () => setHas(apiKey() !== null);
    addEventListener('boreal-key', follow);
    return () => removeEventListener('boreal-key', follow);
  }, []);
  const toggle = () =>
    has ? setApiKey(null) : void askForKey('The key for what this page asks of the server.');
  return (
    <button type="button" class="small" onClick={toggle}>
      {has ? 'Forget key' : 'API key'}
    </button>
  );
}

const THEME = 'boreal-theme';

function ThemeButton() {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const [theme, setTheme] = useState(localStorage.getItem(THEME) ?? system);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event('boreal-theme'));
  }, [theme]);
  const toggle = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(THEME, next);
    setTheme(next);
  };
  return (
    <button type="button" class="small" aria-pressed={theme === 'dark'} onClick={toggle}>
      Dark
    </button>
  );
}

render(<App />, document.getElementById('app')!);
