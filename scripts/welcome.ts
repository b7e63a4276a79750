/** What `npm start` prints when everything runs: where things are, and a first command to try. */

export type Welcome = {
  readonly apiUrl: string;
  readonly temporalUiUrl: string;
  readonly namespace: string;
  readonly dataDir: string;
  readonly seconds: number;
  /** Whether `npm run token` can sign; otherwise tokens come from the identity provider. */
  readonly ownTokens: boolean;
};

/** The text to print; nothing else. */
export function welcome(it: Welcome): string {
  const bearer = it.ownTokens ? '$(npm run --silent token -- --role operator --sub me)' : '$TOKEN';
  const tokens = it.ownTokens
    ? 'npm run token -- --role agent --sub alice'
    : 'from the identity provider behind BATON_JWKS_URL';
  return `
Baton is ready in ${it.seconds.toFixed(1)} s.

  API          ${it.apiUrl}
  API docs     ${it.apiUrl}/docs
  Temporal UI  ${it.temporalUiUrl}/namespaces/${it.namespace}/workflows
  Logs         ${it.dataDir}/logs

Create a task:

  curl ${it.apiUrl}/v1/tasks \\
    -H "Authorization: Bearer ${bearer}" \\
    -H 'Content-Type: application/json' \\
    -d '{"title": "Say hello"}'

Watch a task go all the way:  npm run demo
A token for an agent:         ${tokens}

Ctrl-C stops everything; the data stays in ${it.dataDir}.
`;
}
