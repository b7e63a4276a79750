/** The types of what tests import from `bootstrap.mjs`, which has to be plain JavaScript. */
export function nodeProblem(version: string): string | undefined;
export function needsInstall(folder: string): boolean;
export function installProblem(folder: string): string | undefined;
