/** The Temporal UI in a real browser: an operator who never read a word about Baton sees where each task stands. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatientClient } from '../support/patient-client.ts';
import { Baton } from '../support/processes.ts';
import { temporalUnderTest } from '../support/temporal.ts';

const SLOW = 180_000;
const PATIENCE_MS = 30_000;
/** Of this run of the tests alone. */
const PROJECT = `Orchard ${crypto.randomUUID()}`;
const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let baton: Baton;
let browser: Browser;
let page: Page;
let screenshots: string;
let olga: PatientClient;
let ada: PatientClient;
const beats: NodeJS.Timeout[] = [];

beforeAll(async () => {
  screenshots = process.env['BATON_SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'baton-screenshots-'));
  [baton, browser] = await Promise.all([
    Baton.start(),
    chromium.launch({ executablePath: temporalUnderTest().chromiumPath ?? '', args: BROWSER_ARGS }),
  ]);
  page = await browser.newPage({ viewport: { width: 1400, height: 1600 } });
  [olga, ada] = await Promise.all([baton.client('operator', 'olga'), baton.client('agent', 'ada')]);
}, SLOW);

afterAll(async () => {
  for (const beat of beats) clearInterval(beat);
  await browser?.close();
  await baton?.stop();
  if (process.env['BATON_SCREENSHOTS'] === undefined) rmSync(screenshots, { recursive: true, force: true });
});

const create = async (title: string, more: object = {}): Promise<string> =>
  (await olga.must('/v1/tasks', { title, project: PROJECT, labels: ['fruit'], ...more })).id;

/** Claims for the agent; its heart beats until the end. */
async function claim(agent: PatientClient, taskId: string): Promise<string> {
  const { run } = await agent.must(`/v1/tasks/${taskId}/claim`);
  const at = `/v1/tasks/${taskId}/runs/${run.id}`;
  beats.push(setInterval(() => void agent.post(`${at}/heartbeat`).catch(() => {}), 1_000));
  return at;
}

/** Opens the page to which the task itself links, and one of its tabs. */
async function open(taskId: string, tab?: string): Promise<void> {
  const { links } = await olga.read(`/v1/tasks/${taskId}`);
  await page.goto(links.temporalUi);
  if (tab !== undefined) await page.getByText(tab).first().click();
}

/**
 * Waits until the page shows all of these words, and takes a picture of it; answers those that never came. The UI
 * renders Markdown in frames.
 */
async function missing(picture: string, ...words: string[]): Promise<string[]> {
  for (const patience = Date.now() + PATIENCE_MS; ; await page.waitForTimeout(200)) {
    const texts = await Promise.all(page.frames().map((frame) => frame.innerText('body').catch(() => '')));
    const text = texts.join(' ').replace(/\s+/g, ' ');
    const left = words.filter((word) => !text.includes(word));
    if (left.length > 0 && Date.now() < patience) continue;
    await page.screenshot({ path: join(screenshots, `${picture}.png`) });
    return left;
  }
}

describe('the page of a task tells an operator', { timeout: SLOW }, () => {
  test('queued: that it waits, for whom, and until when', async () => {
    const id = await create('Pick the apples', { assignee: 'ada', deadline: '2999-01-01T00:00:00Z' });
    await open(id, 'User Metadata');
    expect(
      await missing(
        'queued',
        'Running',
        'Pick the apples',
        'Waits for ada to claim it.',
        'Status: queued',
        'Assignee: ada',
        'Next: at 2999-01-01T00:00:00.000Z, the task fails',
      ),
    ).toEqual([]);
  });

  test('running: who works on it, what it said last, and what keeps it alive', async () => {
    const id = await create('Press the juice', { maxAttempts: 5 });
    const at = await claim(ada, id);
    await ada.must(`${at}/progress`, { note: 'Half the apples are pressed', percent: 50 });
    await open(id, 'User Metadata');
    expect(
      await missing(
        'running',
        'Press the juice',
        'ada works on it.',
        'Holder: ada',
        'attempt 1 of 5',
        'Half the apples are pressed (50 %)',
        'unless its agent sends a checkpoint',
        'ada, attempt 1 of 5',
      ),
    ).toEqual([]);
    await open(id, 'Search Attributes');
    expect(
      await missing('running-attributes', '"TaskStatus": "running"', '"TaskHolder": "ada"', PROJECT),
    ).toEqual([]);
    await open(id, 'Pending Activities');
    expect(await missing('running-lease', 'lease', 'Started', 'Last Heartbeat', '"agent": "ada"')).toEqual(
      [],
    );
    await open(id);
    expect(
      await missing('running-history', 'report_progress', 'claim', 'lease', 'ada, attempt 1 of 5'),
    ).toEqual([]);
  });

  test('crashed and retried: who crashed, and who has it now', async () => {
    const id = await create('Bake the pie', { lease: { seconds: 5 } });
    const { run } = await ada.must(`/v1/tasks/${id}/claim`);
    await ada.must(`/v1/tasks/${id}/runs/${run.id}/progress`, { note: 'The dough is made' });
    await olga.until(id, ({ status }) => status === 'queued');
    await open(id, 'User Metadata');
    expect(
      await missing(
        'crashed',
        'Waits for an agent to claim it by its id, after the run of ada ended: crashed.',
      ),
    ).toEqual([]);
    await claim(await baton.client('agent', 'bob'), id);
    await open(id, 'User Metadata');
    expect(
      await missing(
        'retried',
        'bob has claimed it and not reported yet.',
        'Failed attempts: 1 of 3',
        'Last failure: crashed: The agent stopped sending heartbeats.',
        'by ada: The dough is made',
        'bob, attempt 2 of 3',
      ),
    ).toEqual([]);
  });

  test('in review: whose work waits for whose decision', async () => {
    const id = await create('Taste the pie', { review: { policy: 'required', reviewers: ['rita'] } });
    await ada.must(`${await claim(ada, id)}/complete`, { output: 'sweet', reasoning: 'Tasted it.' });
    await open(id, 'User Metadata');
    expect(
      await missing('review', 'Status: review', 'Waits for rita to decide on the submission of ada.'),
    ).toEqual([]);
  });

  test('every message: that it came, and from whom', async () => {
    const id = await create('Sell the pie');
    await ada.must(`${await claim(ada, id)}/progress`, { note: 'Opened the stand' });
    await open(id);
    await page.getByText('Workflow Execution Signaled').first().click();
    expect(
      await missing('message', 'Signal Name report_progress', 'Identity ada', 'Opened the stand'),
    ).toEqual([]);
  });

  test('closed: Completed, Failed with the reason, Canceled', async () => {
    const done = await create('Sweep the kitchen', { review: { policy: 'none' } });
    await ada.must(`${await claim(ada, done)}/complete`, { output: 'clean', reasoning: 'Swept.' });
    const failed = await create('Fly to the moon');
    await ada.must(`${await claim(ada, failed)}/fail`, { reasonCode: 'out_of_scope', blocker: 'No rocket' });
    const cancelled = await create('Wash the car');
    await olga.must(`/v1/tasks/${cancelled}/cancel`, { comment: 'We sold it.' });

    await open(done);
    expect(await missing('done', 'Completed', 'Sweep the kitchen', '"status": "done"')).toEqual([]);
    await open(failed);
    expect(await missing('failed', 'Failed', 'Fly to the moon', 'No rocket', 'out_of_scope')).toEqual([]);
    await open(cancelled);
    await page.getByText('Workflow Execution Signaled').first().click();
    expect(await missing('cancelled', 'Canceled', 'Wash the car', 'We sold it.', 'Identity olga')).toEqual(
      [],
    );

    const { uiUrl, namespace } = temporalUnderTest();
    const query = encodeURIComponent(`TaskProject = "${PROJECT}"`);
    await page.goto(`${uiUrl}/namespaces/${namespace}/workflows?query=${query}`);
    expect(await missing('list', done, failed, cancelled, '1 Completed', '1 Failed', '1 Canceled')).toEqual(
      [],
    );
  });
});
