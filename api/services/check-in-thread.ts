/** The thread in which JSON Schemas are compiled and values checked: one job after the other. */
import { parentPort } from 'node:worker_threads';
import { check } from './json-schema.ts';
import type { Job } from './json-schema.ts';

parentPort?.on('message', (job: Job) => parentPort?.postMessage(check(job)));
parentPort?.postMessage('ready');
