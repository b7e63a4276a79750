/** What `/v1/tasks/:id/diagnosis` answers. */
import { z } from 'zod';
import { AWAITED } from '../../workflows/standing.ts';
import { STATUSES } from '../../workflows/task-state.ts';
import { FACTS } from '../diagnosis/fact.ts';
import { at } from './answers.ts';

export const DiagnosisBody = z
  .object({
    task: z.string(),
    status: z.enum(STATUSES),
    sentence: z.string().meta({
      description: 'Where the task stands, and for whom or what it waits; as the Temporal UI shows it.',
    }),
    since: at.meta({ format: 'date-time', description: 'Since when it stands so.' }),
    waitingFor: z
      .object({
        kind: z.enum([...AWAITED, 'worker']),
        id: z
          .string()
          .optional()
          .meta({ description: 'The one: an agent, a queue, a run, a task or an approval.' }),
        ids: z.array(z.string()).optional().meta({ description: 'Any or all of these.' }),
      })
      .nullable()
      .meta({ description: 'Null when it has ended.' }),
    facts: z
      .array(
        z.object({
          name: z.enum(FACTS),
          text: z.string(),
          data: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .meta({ description: 'What stands behind it, each as a sentence and as data.' }),
    next: z
      .object({ what: z.string(), text: z.string(), at })
      .nullable()
      .meta({ description: 'What time brings if nothing else happens.' }),
    whatToDo: z
      .array(z.string())
      .meta({ description: 'What makes it go on, the most useful first; or that nothing needs to be done.' }),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Diagnosis' });
