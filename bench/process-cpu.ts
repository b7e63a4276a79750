/** CPU time that processes have used so far, from Linux's `/proc`. */
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** In seconds; NaN on systems without `/proc`. */
function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The program's name, in brackets, may hold spaces; user and system time are the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return NaN;
  }
}

/** Answers, when called, the seconds that each of the processes has used since. */
export function watchCpu<N extends string>(pids: Record<N, number>): () => Record<N, number> {
  const names = Object.keys(pids) as N[];
  const before = names.map((name) => cpuSeconds(pids[name]));
  return () =>
    Object.fromEntries(names.map((name, i) => [name, cpuSeconds(pids[name]) - before[i]!])) as Record<
      N,
      number
    >;
}
