/** The end of a log as a person reads it: time, level and message of each line, without the rest of its JSON. */
import { readFileSync } from 'node:fs';

const LINES = 10;

/** The last lines of a log file, each indented. */
export function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LINES);
  return lines.map((line) => `  ${readable(line)}`).join('\n');
}

const LEVELS: Record<number, string> = { 20: 'debug', 30: 'info', 40: 'warning', 50: 'error', 60: 'fatal' };

interface LogLine {
  time: string;
  level: number;
  msg: string;
  err?: { message?: string };
}

function readable(line: string): string {
  const said = parseLogLine(line);
  if (!said) return line;
  const { time, level, msg, err } = said;
  const cause = err?.message && err.message !== msg ? `: ${err.message}` : '';
  return `${time} ${LEVELS[level] ?? level} ${msg}${cause}`;
}

/** What is no line of our logger, such as a stack trace, is undefined. */
function parseLogLine(line: string): LogLine | undefined {
  try {
    const parsed = JSON.parse(line) as Partial<LogLine> | null;
    return parsed?.time && parsed.level && parsed.msg ? (parsed as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
