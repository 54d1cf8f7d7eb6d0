/** How a command ends. Scripts rely on these numbers; `docs/commands.md` lists them. */
export const EXIT = {
	/** It was done. */
	ok: 0,
	/** It failed, or the coordinator refused it. */
	failed: 1,
	/** The command line, the configuration or a file given to it is wrong; nothing was changed. */
	usage: 2,
	/** The coordinator cannot be reached. */
	unreachable: 3,
	/** There is no such machine, token, context or document. */
	notFound: 4,
	/** It did not come true in time, or the other side is not ready. */
	timeout: 5,
	/** `plan --exit-code`: there are changes. */
	changes: 10,
	/** Ended by Ctrl-C before its end. */
	interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
