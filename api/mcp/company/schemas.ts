/** What the tools of company agents take. Their descriptions are all that a language model knows of them. */
import { z } from 'zod';
import { REPORTABLE_REASONS } from '../../../workflows/failure-reasons.ts';
import { LIMITS, RANGES } from '../../../workflows/limits.ts';
import { MEMORY_SCOPES } from '../../../workflows/memory-record.ts';
import { json, name, note, text, within } from '../../schemas/common.ts';

const where = {
  task_id: text(LIMITS.idBytes, 1).optional().meta({
    description: 'Id of the task. May be left out while you hold exactly one task.',
  }),
  run_id: text(LIMITS.idBytes, 1).optional().meta({
    description: 'Id of your run, as it was given to you with the task. May be left out.',
  }),
};

const said = (description: string) => note.optional().meta({ description });

const cost = z
  .strictObject({
    usd: z.number().min(RANGES.usd[0]).max(RANGES.usd[1]).optional(),
    input_tokens: within(RANGES.tokens).optional(),
    output_tokens: within(RANGES.tokens).optional(),
  })
  .meta({ description: 'What you spent since your last report; it is added up.' });

export const ReportProgress = z
  .object({
    note: said('What is new.'),
    understanding: said('What you take the task to be. Say this in your first report.'),
    plan: said('The steps you intend to take. Report again when it changes.'),
    blockers: said('What keeps you from going on. The run goes on meanwhile.'),
    cost: cost.optional(),
    ...where,
  })
  .refine(
    ({ note: news, understanding, plan, blockers }) =>
      [news, understanding, plan, blockers].some((each) => each?.trim()),
    'must have at least one of note, understanding, plan, blockers',
  );

export const MarkComplete = z.object({
  output: json(LIMITS.outputBytes).meta({
    description: 'The result, as JSON. It must fit the outputSchema of the task, if it has one.',
  }),
  reasoning: text(LIMITS.reasoningBytes, 1).meta({
    description: 'A short account of what you did and why, for the reviewer.',
  }),
  memory_promotions: z
    .array(z.object({ scope: z.enum(MEMORY_SCOPES), text: text(LIMITS.noteBytes, 1) }))
    .max(LIMITS.promotions)
    .optional()
    .meta({
      description:
        'What to keep for future tasks, once your work is accepted; scope is agent, project, client or task.',
    }),
  cost_note: said('Anything to add to the costs that you reported.'),
  ...where,
});

export const MarkFailed = z.object({
  reason_code: text(LIMITS.idBytes, 1).meta({
    description: `One of ${REPORTABLE_REASONS.join(', ')}. Another word is kept and treated as other.`,
    examples: [...REPORTABLE_REASONS],
  }),
  beliefs: said('What you believe to be true about the task by now.'),
  tried: z
    .array(z.object({ what: note, why_failed: note }))
    .max(4)
    .optional()
    .meta({ description: 'What you tried, and why each attempt failed. Four at most.' }),
  blocker: said('What exactly is in the way: a credential, an unclear input, a service.'),
  next_step: said('What somebody else should do next, even if you can not.'),
  ...where,
});

export const CreateSubtask = z.object({
  title: text(LIMITS.titleBytes, 1)
    .refine((value) => !/[\r\n]/.test(value), 'must be one line')
    .meta({ description: 'What is to be done, in one line.' }),
  description: text(LIMITS.descriptionBytes).optional().meta({
    description: 'All that the agent who takes it needs to know. Markdown.',
  }),
  assignee: name.optional().meta({ description: 'The agent that alone may take it.' }),
  queue: name.optional().meta({ description: 'Id of the work queue in which it waits for an agent.' }),
  priority: within(RANGES.priority)
    .optional()
    .meta({ description: '1 is the most urgent, 5 the least; 3 unless given.' }),
  order: within(RANGES.order).optional().meta({
    description:
      'Its place among the sub-tasks; last unless given. In a task whose mode is sequence it waits for those of lower order.',
  }),
  ...where,
});

export const GetTask = z.object(where);

export const HandOff = z.object({
  blockers: text(LIMITS.noteBytes, 1).meta({ description: 'Why a person has to take over.' }),
  next_step: said('What that person should do first.'),
  ...where,
});
