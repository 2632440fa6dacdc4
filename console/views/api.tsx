/** The OpenAPI document, to be read and to be tried. */
import { useState } from 'preact/hooks';
import { base, curlOf, type RawAnswer, send, usePoll } from '../api.ts';
import { Code, Failure, Loading } from '../parts.tsx';

interface Parameter {
  name: string;
  in: 'path' | 'query';
  required?: boolean;
  description?: string;
  schema: { examples?: unknown[] };
}

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
  security: object[];
}

type Schema = Record<string, unknown>;

interface Document {
  info: { title: string; version: string; description: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; securitySchemes?: object };
}

export function ApiView() {
  const { data, error } = usePoll<Document>('openapi.json', 60_000);
  if (data === undefined) return error ? <Failure error={error} /> : <Loading />;
  const operations = Object.entries(data.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const groups = data.tags
    .map(({ name }) => ({
      name,
      members: operations.filter(({ operation }) => operation.tags.includes(name)),
    }))
    .filter(({ members }) => members.length > 0);
  return (
    <>
      <p>
        {data.info.title}, version {data.info.version}. {data.info.description}{' '}
        <a href={new URL('openapi.json', base).href}>openapi.json</a>
      </p>
      {groups.map(({ name, members }) => (
        <section key={name} class="api-group">
          <h2>{name}</h2>
          {members.map(({ path, method, operation }) => (
            <Route key={operation.operationId} path={path} method={method} operation={operation} />
          ))}
        </section>
      ))}
      <section class="api-group">
        <h2>Schemas</h2>
        {Object.entries(data.components.schemas).map(([name, schema]) => (
          <details class="card operation" key={name}>
            <summary>
              <code>{name}</code>
            </summary>
            <Code label={name} text={JSON.stringify(schema, null, 2)} />
          </details>
        ))}
      </section>
    </>
  );
}

interface RouteProps {
  path: string;
  method: string;
  operation: Operation;
}

function Route({ path, method, operation }: RouteProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="card operation" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span class={`method ${method.toLowerCase()}`}>{method}</span>
        <code>{path}</code>
        <span class="muted">{operation.summary}</span>
        {operation.security.length > 0 && <span class="tag">key</span>}
      </summary>
      {open && <Trial path={path} method={method} operation={operation} />}
    </details>
  );
}

/** A schema in a few words: the name it refers to, or its members. */
function nameOf(schema: Schema): string {
  const { $ref, items, properties, anyOf, type } = schema as {
    $ref?: string;
    items?: Schema;
    properties?: object;
    anyOf?: Schema[];
    type?: string;
  };
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
  if (anyOf !== undefined) return anyOf.map(nameOf).join(' or ');
  if (items !== undefined && Object.keys(items).length > 0) return `list of ${nameOf(items)}`;
  if (properties !== undefined) return `{ ${Object.keys(properties).join(', ')} }`;
  return type ?? 'JSON';
}

function Trial({ path, method, operation }: RouteProps) {
  const { parameters = [], requestBody, responses, description } = operation;
  const json = requestBody?.content['application/json'];
  const [values, setValues] = useState<Record<string, string>>(() =>
    Object.fromEntries(parameters.map(({ name, schema }) => [name, String(schema.examples?.[0] ?? '')])),
  );
  const [body, setBody] = useState(json?.example === undefined ? '' : JSON.stringify(json.example, null, 2));
  const [answer, setAnswer] = useState<RawAnswer | Error>();
  const takesBody = method !== 'GET' && method !== 'DELETE';
  const query = parameters.filter((each) => each.in === 'query' && values[each.name] !== '');
  const filled = path.replace(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(values[name]));
  const target =
    filled.slice(1) +
    (query.length > 0 ? `?${new URLSearchParams(query.map(({ name }) => [name, values[name]]))}` : '');
  const sent = takesBody && body.trim() !== '' ? body : undefined;
  const [success] = Object.values((responses[200] ?? responses[202]).content ?? {});
  const submit = async () => {
    try {
      setAnswer(await send(method, target, sent));
    } catch (error) {
      setAnswer(error as Error);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {description && <p class="muted">{description}</p>}
      <p class="muted">
        {json && (
          <>
            Takes <code>{nameOf(json.schema)}</code>.{' '}
          </>
        )}
        {success && Object.keys(success.schema).length > 0 && (
          <>
            Answers with <code>{nameOf(success.schema)}</code>.
          </>
        )}
      </p>
      {parameters.map(({ name, description: told, required, in: place }) => (
        <label class="field narrow" key={name}>
          <span>
            {name}{' '}
            <small class="muted">
              {place}
              {required ? '' : ', optional'} {told}
            </small>
          </span>
          <input
            value={values[name]}
            required={required}
            onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      {takesBody && (
        <label class="field">
          <span>Body, JSON</span>
          <textarea
            rows={Math.min(12, body.split('\n').length + 1)}
            spellcheck={false}
            value={body}
            onInput={(event) => setBody(event.currentTarget.value)}
          />
        </label>
      )}
      <button type="submit" class="primary">
        Send
      </button>
      <Code label="The same with curl" text={curlOf(method, target, sent)} />
      <div aria-live="polite">
        {answer instanceof Error && <p class="bad">{answer.message}</p>}
        {answer && !(answer instanceof Error) && (
          <Code label={`Status ${answer.status}, ${answer.ms.toFixed(0)} ms`} text={pretty(answer)} />
        )}
      </div>
    </form>
  );
}

const MAX_SHOWN = 20_000;

function pretty({ text, type }: RawAnswer): string {
  if (!/json/.test(type)) return text.slice(0, MAX_SHOWN);
  try {
    return JSON.stringify(JSON.parse(text), null, 2).slice(0, MAX_SHOWN);
  } catch {
    return text.slice(0, MAX_SHOWN);
  }
}
