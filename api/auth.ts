/** Who is calling: reads the bearer token into a `Principal`. Issuer, audience and algorithms are pinned. */
import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { DEFAULT_COMPANY, ROLES, isReservedName } from '../workflows/actor.ts';
import type { Actor } from '../workflows/actor.ts';
import { LIMITS } from '../workflows/limits.ts';
import { byteLength } from '../workflows/parse.ts';
import { Problem, RETRY_SOON } from './problems.ts';
import { isSearchable } from './schemas/common.ts';

export interface Principal extends Actor {
  /** The tenant; everything of other tenants is as if it did not exist. */
  company: string;
  /** Set on the token of a program that Baton launched, which is good for that run only. */
  launched?: LaunchedRun;
}

export interface LaunchedRun {
  id: string;
  /** The workflow that holds its lease: the task's, or the agent's own. */
  lease: string;
}

export interface AuthSettings {
  secret?: string | undefined;
  jwksUrl?: string | undefined;
  issuer: string;
  audience: string;
}

const name = z
  .string()
  .min(1)
  .refine((value) => byteLength(value) <= LIMITS.idBytes)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u);
/** Lists are kept apart by this name, in queries in which Temporal does not take every character as it is. */
const company = name.refine(isSearchable);
/** Who a person or an agent may be. */
export const Subject = name.refine((sub) => !isReservedName(sub));
const Claims = z.object({
  sub: Subject,
  role: z.enum(ROLES),
  company: company.default(DEFAULT_COMPANY),
  run: name.optional(),
  lease: name.optional(),
});

const CLOCK_SKEW_SECONDS = 5;
const SECRET_ALGORITHM = 'HS256';

export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

/**
 * Makes the check of `Authorization` headers. The check throws `unauthenticated`, and `keys_unavailable` when it is not
 * the token that is to blame. `isLaunched` tells whether a run that Baton launched still stands.
 */
export function createAuthenticate(
  settings: AuthSettings,
  isLaunched: (run: LaunchedRun) => Promise<boolean>,
): Authenticate {
  const verify = createVerify(settings);
  return async (authorization) => {
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
    if (!token) {
      const detail = 'The request has no bearer token.';
      throw new Problem('unauthenticated', {
        detail,
        hint: 'Get one with: npm run token -- --role agent --sub <id>',
      });
    }
    const payload = await verify(token).catch((error: unknown) => {
      if (!isOfTheToken(error)) throw new Problem('keys_unavailable', RETRY_SOON, { cause: error });
      throw new Problem('unauthenticated', { detail: reason(error) }, { cause: error });
    });
    const claims = Claims.safeParse(payload);
    if (!claims.success) {
      const wrong = claims.error.issues.map((issue) => issue.path.join('.')).join(', ');
      throw new Problem('unauthenticated', {
        detail: `The token lacks valid claims: ${wrong}.`,
        hint: `It needs sub and role (${ROLES.join(', ')}).`,
      });
    }
    const { sub, role, company, run, lease } = claims.data;
    if (run === undefined || lease === undefined) return { id: sub, role, company };
    const launched = { id: run, lease };
    if (await isLaunched(launched)) return { id: sub, role, company, launched };
    throw new Problem('unauthenticated', {
      detail: 'The run that this token was made for is over.',
      hint: 'Stop working on it.',
    });
  };
}

type Verify = (token: string) => Promise<JWTPayload>;

/** With a key set, that checks all tokens but those of launched runs, which runners sign with the secret. */
function createVerify({ secret, jwksUrl, issuer, audience }: AuthSettings): Verify {
  const pinned = { issuer, audience, clockTolerance: CLOCK_SKEW_SECONDS, requiredClaims: ['sub', 'exp'] };
  const bySecret = secret === undefined ? undefined : verifyBy(secret);
  const byKeySet = jwksUrl === undefined ? undefined : verifyByKeySet(jwksUrl);
  if (byKeySet && bySecret) {
    return async (token) => await (isSignedBySecret(token) ? bySecret(token) : byKeySet(token));
  }
  const verify = byKeySet ?? bySecret;
  if (!verify) throw new Error('Neither a secret nor a key set to check tokens with.');
  return verify;

  function verifyBy(shared: string): Verify {
    const key = new TextEncoder().encode(shared);
    const options = { ...pinned, algorithms: [SECRET_ALGORITHM] };
    if (jwksUrl !== undefined) options.requiredClaims = [...pinned.requiredClaims, 'run', 'lease'];
    return async (token) => (await jwtVerify(token, key, options)).payload;
  }

  function verifyByKeySet(url: string): Verify {
    const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(url));
    const algorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];
    return async (token) => (await jwtVerify(token, keys, { ...pinned, algorithms })).payload;
  }
}

function isSignedBySecret(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg === SECRET_ALGORITHM;
  } catch {
    return false;
  }
}

/** What the library says of a key set that it could not get, or not read. */
const OF_THE_KEY_SET = ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JWK_INVALID'];

const isOfTheToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError && !OF_THE_KEY_SET.includes(error.code);

/** What the caller may know about why its token is no good. */
function reason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The token's claim "${error.claim}" is not accepted here.`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is not valid.";
  if (error instanceof errors.JOSEAlgNotAllowed) return "The token's algorithm is not accepted here.";
  return 'The token can not be verified.';
}
