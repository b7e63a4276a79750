/** Resident memory of processes, from Linux's `/proc`. */
import { readFileSync } from 'node:fs';

const KB_PER_MB = 1024;

/** In MB; NaN on systems without `/proc`. */
export function residentMb(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(line?.[1] ?? NaN) / KB_PER_MB;
  } catch {
    return NaN;
  }
}
