/** The token of a run: an agent's, good for that run only, and for no longer than any run lasts. */
import { SignJWT } from 'jose';

export interface RunTokenSettings {
  secret: string;
  issuer: string;
  audience: string;
  /** How long the longest run lasts. */
  seconds: number;
}

export interface RunClaims {
  agentId: string;
  company: string;
  runId: string;
  /** The workflow that asked for the run: the token is good as long as it waits for it. */
  lease: string;
}

export type MintToken = (claims: RunClaims) => Promise<string>;

export function createMintToken({ secret, issuer, audience, seconds }: RunTokenSettings): MintToken {
  const key = new TextEncoder().encode(secret);
  return async ({ agentId, company, runId, lease }) =>
    await new SignJWT({ role: 'agent', company, run: runId, lease })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(agentId)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${seconds} s`)
      .sign(key);
}
