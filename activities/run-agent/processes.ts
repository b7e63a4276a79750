/**
 * The processes of a run, found in /proc: its command's group and session, whatever has the run's id in its
 * environment, and whatever descends from any of them. Where there is no /proc, it is the group alone.
 */
import { readFile, readdir } from 'node:fs/promises';

/** A run, as its processes are known. */
export interface LaunchedRun {
  runId: string;
  /** Of its command, which leads a group and a session of its own; absent while it is not known. */
  pid?: number | undefined;
}

/** The variable by which a process that left its group still tells whose it is. */
const RUN_MARK = 'BATON_RUN_ID=';

interface Process {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** When it began, in the kernel's own count: a process id may be given to another process later. */
  began: string;
  runId: string | undefined;
}

/** Answers the run's processes that live now, as targets for `process.kill`. */
export type FindProcesses = () => Promise<number[]>;

/**
 * Finds the processes of a run, again and again: one that was found is known from then on, even if nothing ties it to
 * the run any more. What has ended and waits to be reaped is none.
 */
export function processFinder({ runId, pid }: LaunchedRun): FindProcesses {
  const known = new Set<string>();
  /** The groups and sessions that processes of the run lead: who is born in one while its parent dies is of the run, too. */
  const led = new Set<number>(pid === undefined ? [] : [pid]);
  const nameOf = (each: Process) => `${each.pid} ${each.began}`;
  const belongs = (each: Process) =>
    led.has(each.group) || led.has(each.session) || each.runId === runId || known.has(nameOf(each));

  return async () => {
    const all = await everyProcess();
    if (!all) return pid !== undefined && isAlive(-pid) ? [-pid] : [];
    const found = new Set(all.filter(belongs));
    // Grows while it is gone through, so that the children of children are found, too.
    for (const ancestor of found) {
      for (const each of all) if (each.parent === ancestor.pid) found.add(each);
    }
    for (const each of found) {
      known.add(nameOf(each));
      if (each.pid === each.group) led.add(each.pid);
    }
    return [...found].map((each) => each.pid).filter((each) => each !== process.pid);
  };
}

/** Whether a process, or a group by its negative id, is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

type Everyone = Process[] | undefined;
let looking: Promise<Everyone> | undefined;
let lookingNext: Promise<Everyone> | undefined;

/** All that live now; undefined where nobody can tell. Many who ask at once share one look, begun after they asked. */
function everyProcess(): Promise<Everyone> {
  if (!looking) return (looking = look().finally(() => (looking = undefined)));
  return (lookingNext ??= looking.then(() => {
    lookingNext = undefined;
    return everyProcess();
  }));
}

async function look(): Promise<Everyone> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) return undefined;
  return (await Promise.all(pids.map(readProcess))).filter((each) => each !== undefined);
}

const ENDED = new Set(['Z', 'X']);
/** Where the fields behind the name have the time of the start. */
const BEGAN_AT = 19;

async function readProcess(pid: string): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The second field is the program's name in parentheses, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group, session] = fields;
  if (stat === '' || ENDED.has(state)) return undefined;
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    began: fields[BEGAN_AT] ?? '',
    runId: await runOf(pid),
  };
}

async function runOf(pid: string): Promise<string | undefined> {
  // Of other users' processes it can't be read, and those could not be ended either.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const mark = environment.split('\0').find((variable) => variable.startsWith(RUN_MARK));
  return mark?.slice(RUN_MARK.length);
}
