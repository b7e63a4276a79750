/** The search attributes by which tasks are listed. Registered at set-up; SQL visibility has room for ten Keywords. */
import { defineSearchAttributeKey } from '@temporalio/common';

export const TaskStatusKey = defineSearchAttributeKey('TaskStatus', 'KEYWORD');
export const TaskQueueIdKey = defineSearchAttributeKey('TaskQueueId', 'KEYWORD');
export const TaskAssigneeKey = defineSearchAttributeKey('TaskAssignee', 'KEYWORD');
export const TaskHolderKey = defineSearchAttributeKey('TaskHolder', 'KEYWORD');
export const TaskRunKey = defineSearchAttributeKey('TaskRun', 'KEYWORD');
export const TaskParentKey = defineSearchAttributeKey('TaskParent', 'KEYWORD');
export const TaskProjectKey = defineSearchAttributeKey('TaskProject', 'KEYWORD');
export const TaskGoalKey = defineSearchAttributeKey('TaskGoal', 'KEYWORD');
export const TaskCompanyKey = defineSearchAttributeKey('TaskCompany', 'KEYWORD');
export const TaskLabelsKey = defineSearchAttributeKey('TaskLabels', 'KEYWORD_LIST');
export const TaskPriorityKey = defineSearchAttributeKey('TaskPriority', 'INT');
export const TaskDeadlineKey = defineSearchAttributeKey('TaskDeadline', 'DATETIME');
export const TaskTextKey = defineSearchAttributeKey('TaskText', 'TEXT');

export const SEARCH_ATTRIBUTES = [
  TaskStatusKey,
  TaskQueueIdKey,
  TaskAssigneeKey,
  TaskHolderKey,
  TaskRunKey,
  TaskParentKey,
  TaskProjectKey,
  TaskGoalKey,
  TaskCompanyKey,
  TaskLabelsKey,
  TaskPriorityKey,
  TaskDeadlineKey,
  TaskTextKey,
] as const;
