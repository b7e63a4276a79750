/** `npm run token`: signs a token for the Baton of this checkout, and prints nothing else on standard output. */
import { parseArgs } from 'node:util';
import { SignJWT } from 'jose';
import { localSecret, readConfig, type Config } from '../api/config.ts';
import { withKeysOfRun } from './run-file.ts';
import { ROLES } from '../workflows/actor.ts';
import { runScript } from './run-script.ts';
import { SetupError } from './setup-error.ts';

const USAGE = `npm run token -- --role ${ROLES.join('|')} --sub <id> [--company <id>] [--expires 12h]`;

const HELP = `${USAGE}

  --role      what the bearer may do: agents work, reviewers approve, operators see and change everything
  --sub       who the bearer is; an agent acts only as itself
  --company   the tenant; without one, the token belongs to the single tenant "default"
  --expires   how long it is good for, such as 30m, 12h (the default) or 90d
  --help      this text

In a command:  curl -H "Authorization: Bearer $(npm run --silent token -- --role agent --sub alice)" ...`;

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const options = { role: text, sub: text, company: text, expires: text, help: { type: 'boolean' } } as const;
  const { role, sub, company, expires = '12h', help } = parseArgs({ options }).values;
  if (help) {
    console.log(HELP);
    return;
  }
  if (!role || !ROLES.some((known) => known === role))
    throw new SetupError(`--role is one of ${ROLES.join(', ')}.\n${USAGE}`);
  if (!sub) throw new SetupError(`--sub names the bearer.\n${USAGE}`);
  console.log(await signToken(await withKeysOfRun(readConfig()), { role, sub, company, expires }));
}

export interface TokenClaims {
  role: string;
  sub: string;
  company?: string | undefined;
  /** As `30m`, `12h` or `90d`. */
  expires: string;
}

/** A token that the API of this configuration accepts. Throws a `SetupError` when there is no secret to sign with. */
export async function signToken(
  config: Config,
  { role, sub, company, expires }: TokenClaims,
): Promise<string> {
  const secret = new TextEncoder().encode(findSecret(config));
  const token = new SignJWT({ role, ...(company && { company }) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setIssuer(config.jwt.issuer)
    .setAudience(config.jwt.audience)
    .setIssuedAt();
  return await expiring(token, expires).sign(secret);
}

function expiring(token: SignJWT, expires: string): SignJWT {
  try {
    return token.setExpirationTime(expires);
  } catch (cause) {
    throw new SetupError(`--expires ${expires}: say it like 30m, 12h or 90d.`, { cause });
  }
}

function findSecret({ jwt, dataDir }: Config): string {
  if (jwt.jwksUrl)
    throw new SetupError('BATON_JWKS_URL is set where Baton runs: tokens come from your identity provider.');
  const secret = jwt.secret ?? localSecret(dataDir);
  if (!secret)
    throw new SetupError(
      'There is no secret to sign with yet. Run `npm start` once, or set BATON_JWT_SECRET.',
    );
  return secret;
}

await runScript(import.meta.url, main);
