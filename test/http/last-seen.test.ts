/**
 * Two processes of the API, of which one saw a task that the other has changed since. What the first is asked for is
 * decided on by how the task is, and not by how it was.
 */
import { expect, test } from 'vitest';
import { useApi } from '../support/api-under-test.ts';
import type { Answer } from '../support/caller.ts';
import { useToolCallers } from '../support/mcp.ts';
import { Wake } from '../support/paperclip.ts';
import { aCompany } from '../support/queues.ts';
import { TicketAgent } from '../support/tickets.ts';

const [here, there] = [useApi(), useApi()];
const company = `company-${crypto.randomUUID()}`;
const people = { here: aCompany(here, company), there: aCompany(there, company) };
const { alice, olga } = people.here;
const must = (answer: Promise<Answer>) => alice.must(answer);
const connect = useToolCallers(here, company);
const wake = (at: 'here' | 'there', who: 'alice' | 'bob' | 'olga') =>
  new Wake(people[at][who], company, 'run-1');
const DONE = { status: 'done', comment: 'Seven.' };

/** An issue that this process has seen. */
const seen = async (also: object = {}): Promise<string> => (await wake('here', 'olga').create(also)).id;

test('a checkout gets an issue that was changed meanwhile', async () => {
  const id = await seen();
  await must(wake('there', 'olga').patch(`/issues/${id}`, { priority: 'critical', title: 'New' }));
  expect(await must(wake('here', 'alice').checkout(id, ['todo']))).toMatchObject({
    status: 'in_progress',
    title: 'New',
    priority: 'critical',
  });
});

test('a checkout expects what the issue is, and not what it was', async () => {
  const id = await seen({ status: 'backlog' });
  await must(wake('there', 'olga').patch(`/issues/${id}`, { status: 'todo' }));
  expect((await wake('here', 'alice').checkout(id, ['backlog'])).status).toBe(409);
  expect((await wake('here', 'alice').checkout(id, ['todo'])).status).toBe(200);
});

test('an agent goes on with what it took in the other process', async () => {
  const id = await seen();
  await must(wake('there', 'alice').checkout(id));
  const said = await must(wake('here', 'alice').patch(`/issues/${id}`, { comment: 'Half of it.' }));
  expect(said).toMatchObject({ status: 'in_progress' });
  expect((await olga.read(id)).lastProgress).toMatchObject({ note: 'Half of it.' });
  expect(await must(wake('here', 'alice').checkout(id))).toMatchObject({ checkoutRunId: 'run-1' });
});

test('it releases what it took in the other process', async () => {
  const id = await seen();
  await must(wake('there', 'alice').checkout(id));
  const released = await must(wake('here', 'alice').post(`/issues/${id}/release`));
  expect(released).toMatchObject({ status: 'todo', assigneeAgentId: null });
});

test('a release of what was released in the other process, and taken by another, leaves it there', async () => {
  const id = await seen();
  await must(wake('here', 'alice').checkout(id));
  await must(wake('there', 'alice').post(`/issues/${id}/release`));
  await must(wake('there', 'bob').checkout(id));
  const after = await must(wake('here', 'alice').post(`/issues/${id}/release`));
  expect(after).toMatchObject({ status: 'in_progress', assigneeAgentId: 'bob' });
});

test('what was done and is open again can be done again', async () => {
  const id = await seen();
  await must(wake('here', 'alice').patch(`/issues/${id}`, DONE));
  await must(wake('there', 'olga').patch(`/issues/${id}`, { status: 'todo' }));
  await must(wake('there', 'alice').checkout(id));
  expect(
    await must(wake('here', 'alice').patch(`/issues/${id}`, { ...DONE, comment: 'Eight.' })),
  ).toMatchObject({
    status: 'done',
    checkoutRunId: null,
  });
});

test('a field gets its old value back', async () => {
  const id = await seen({ title: 'Old' });
  await must(wake('there', 'olga').patch(`/issues/${id}`, { title: 'New' }));
  expect(await must(wake('here', 'olga').patch(`/issues/${id}`, { title: 'Old' }))).toMatchObject({
    title: 'Old',
  });
});

test('nobody does what another has taken, whom the answer names', async () => {
  const id = await seen();
  await must(wake('there', 'bob').checkout(id));
  const refused = await wake('here', 'alice').patch(`/issues/${id}`, DONE);
  expect(refused).toMatchObject({ status: 409, body: { assigneeAgentId: 'bob', status: 'in_progress' } });
});

test('an operator completes a task for whoever holds it now', async () => {
  const id = await seen();
  const first = await alice.claim(id);
  await must(first.release());
  await people.there.bob.claim(id);
  expect(await must(olga.post(`/work-queue-tasks/${id}/complete`, { result: 'Seven.' }))).toMatchObject({
    status: 'completed',
    assignedTo: 'bob',
  });
});

test('an etag is that of the ticket as it is', async () => {
  const agent = new TicketAgent(await connect('alice'));
  const id = await seen();
  const { ua } = await agent.say(`ticket_get id=${id}`);
  await must(wake('there', 'olga').patch(`/issues/${id}`, { title: 'New' }));
  const refused = { is: 'ERR', code: 'conflict' };
  expect(await agent.say(`ticket_claim id=${id} etag=${ua}`)).toMatchObject(refused);
  const fresh = await agent.say(`ticket_get id=${id}`);
  expect(await agent.say(`ticket_claim id=${id} etag=${ua}`)).toMatchObject(refused);
  const taken = await agent.say(`ticket_claim id=${id} etag=${fresh.ua}`);
  expect(taken).toMatchObject({ s: 'ip', t: 'New' });
  await must(wake('there', 'olga').patch(`/issues/${id}`, { title: 'Newer' }));
  expect(await agent.say(`ticket_update id=${id} s=dn etag=${taken.ua}`)).toMatchObject(refused);
  expect(await agent.say(`ticket_update id=${id} s=dn`)).toMatchObject({ s: 'dn', t: 'Newer' });
});
