/**
 * Where a process of the app begins under `npm start`: loads the heavy modules at once, runs the main module when the
 * parent says so, and asks itself to stop when the parent has vanished.
 *
 *   node --import tsx scripts/app-entry.ts MAIN_URL PRELOAD_URL
 */
const [, , main = '', preload = ''] = process.argv;

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
const allowed = new Promise((begin) => process.once('message', begin));

await import(preload);
await allowed;
// From here on the channel must not keep a process alive that has finished its work.
process.channel?.unref();
await import(main);

export {};
