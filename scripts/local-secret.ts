/** The secret by which the embedded set-up signs and checks its tokens; made once, readable by this user only. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localSecret } from '../api/config.ts';

/** The data folder's secret, made now if there is none yet. */
export function ensureLocalSecret(dataDir: string): string {
  const existing = localSecret(dataDir);
  if (existing) return existing;
  const secret = randomBytes(32).toString('hex');
  writeFileSync(join(dataDir, 'jwt-secret'), `${secret}\n`, { mode: 0o600 });
  return secret;
}
