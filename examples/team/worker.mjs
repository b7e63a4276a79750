/** A worker: does what its task is called, from the files of its payload and from what others handed in. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { file, handIn, report, resultsOf, task } from './baton.mjs';

const { folder, files, crashesOn } = task.payload;

/** The first sentence, without Markdown. */
function summaryOf(text) {
  const paragraph = text.split(/\n\s*\n/).find((each) => /^[A-Za-z*_[`]/.test(each)) ?? '';
  return paragraph
    .replace(/\s+/g, ' ')
    .replace(/[*_`]|\]\([^)]*\)|\[/g, '')
    .split(/(?<=[.:])\s/)[0];
}

async function summarise(name) {
  const notes = readFileSync(file('memory/task.md'), 'utf8');
  await report(`I read ${name}.`);
  if (name === crashesOn && notes === '') {
    writeFileSync(file('memory/task.md'), 'A run before this one died while it read the file.\n');
    console.log('something goes wrong ...');
    process.kill(process.pid, 'SIGKILL');
  }
  const text = readFileSync(join(folder, name), 'utf8');
  await handIn(
    { file: name, summary: summaryOf(text), lines: text.split('\n').length },
    `I read ${name}. ${notes}`,
  );
}

async function assemble() {
  const [summaries] = await resultsOf(task.parent.id);
  const parts = (await resultsOf(summaries.id)).map(({ submission }) => submission.output);
  const wish = task.follows?.comment;
  await report(wish ? `I do it anew: ${wish}` : `I put ${parts.length} summaries together.`);
  const total = parts.reduce((sum, { lines }) => sum + lines, 0);
  const head = wish ? [`${parts.length} files, ${total} lines.`] : [];
  const overview = [...head, ...parts.map(({ file: name, summary }) => `${name}: ${summary}`)].join('\n');
  await handIn({ overview }, wish ?? 'One line for each file.');
}

async function check() {
  const assembled = (await resultsOf(task.parent.id)).find(({ submission }) => submission?.output.overview);
  const missing = files.filter((name) => !assembled.submission.output.overview.includes(`${name}: `));
  await handIn({ complete: missing.length === 0, missing }, `I looked for each of ${files.length} files.`);
}

if (task.payload.file) await summarise(task.payload.file);
else if (task.title.startsWith('Assemble')) await assemble();
else await check();
console.log(`done: ${task.title}`);
