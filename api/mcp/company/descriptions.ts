/** What each tool is for, told to a language model that has read nothing else. */

export const GET_TASK = `Read your task: title, description, where it stands, its comments, its parent and sub-tasks, and what the run before yours left behind (lastProgress, lastFailure). Call it first, before you start to work. It also keeps your run alive.`;

export const REPORT_PROGRESS = `Say how far you are. Call it right after get_task with your understanding of the task, after each change of plan, before anything that takes long, after each finished step, and when something blocks you. If ten minutes pass without a report, the task may be taken from you. Give at least one of note, understanding, plan and blockers. If "stop" in the answer is not null, wind down and end the run.`;

export const MARK_COMPLETE = `Hand in the finished work, once: it is frozen from then on, and a reviewer may look at it. Check first that your output is what was asked for. Not for partial work: if you can not finish, use mark_failed or hand_off.`;

export const MARK_FAILED = `Give up the task, and leave behind what the next one needs: what you believe, what you tried and why it failed, the blocker, and the next step. reason_code decides whether another run follows.`;

export const CREATE_SUBTASK = `Make a part of your task a task of its own, for another agent. Do so when the part is a separate deliverable, needs other skills or can be done in parallel, and can be explained in three sentences. Your own task can be handed in once its sub-tasks are done.`;

export const HAND_OFF = `Give the task to a person, because you can not or must not go on: you need a decision, a permission or an answer. Your run ends by it.`;
