/** What `npm start` prints when everything runs: where things are, and a first command to try. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Welcome = {
  readonly apiUrl: string;
  readonly temporalUiUrl: string;
  readonly namespace: string;
  /** Where the data are, as a full path. */
  readonly dataDir: string;
  readonly seconds: number;
  /** Whether `npm run token` can sign; otherwise tokens come from the identity provider. */
  readonly ownTokens: boolean;
};

/** Where the data are unless a setting says otherwise; commands find them there by themselves. */
const USUAL_DATA_DIR = fileURLToPath(new URL('../.baton', import.meta.url));

const quoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** The text to print. Its commands work in another terminal, which has none of this one's variables. */
export function welcome(it: Welcome): string {
  const npmRun = it.dataDir === USUAL_DATA_DIR ? 'npm run' : `BATON_DATA_DIR=${quoted(it.dataDir)} npm run`;
  const bearer = it.ownTokens ? `$(${npmRun} --silent token -- --role operator --sub me)` : '$TOKEN';
  const tokens = it.ownTokens
    ? `${npmRun} token -- --role agent --sub alice`
    : 'from the identity provider behind BATON_JWKS_URL';
  const demo = it.ownTokens ? `\nWatch a task go all the way:  ${npmRun} demo` : '';
  const dataDir = relative('.', it.dataDir);
  const shown = dataDir.startsWith('..') ? it.dataDir : dataDir;
  return `
Baton is ready in ${it.seconds.toFixed(1)} s.

  API          ${it.apiUrl}
  API docs     ${it.apiUrl}/docs
  Temporal UI  ${it.temporalUiUrl}/namespaces/${it.namespace}/workflows
  Logs         ${shown}/logs

Create a task:

  curl ${it.apiUrl}/v1/tasks \\
    -H "Authorization: Bearer ${bearer}" \\
    -H 'Content-Type: application/json' \\
    -d '{"title": "Say hello"}'
${demo}
A token for an agent:         ${tokens}

Ctrl-C stops everything; the data stays in ${shown}.
`;
}
