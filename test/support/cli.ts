import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ownFolder, type Scope } from "@rollcall/test-support/own-folder";
import { type Running, run } from "@rollcall/test-support/running";
import { stretched } from "@rollcall/test-support/stretch";
import { repository } from "./places.ts";

/** The operator's command, with a home folder of the test's own; two terminals of one operator share it. */
export interface Operator {
	readonly home: string;
	readonly configFile: string;
	/** Where `rollcall up` puts its temporary folders. */
	readonly temporary: string;
	/** Starts a command and leaves it running. */
	start(...args: string[]): Running;
	/** Runs a command to its end; at most a minute. */
	rollcall(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/**
 * A new operator. What is started is ended with the test. `startedBy`: the words before a command that start it elsewhere, such as in a
 * network namespace. `node`: the Node that runs the command; the one that runs the test without it.
 */
export function newOperator(t: Scope, startedBy: readonly string[] = [], node = process.execPath): Operator {
	const home = ownFolder(t, "rollcall-home-");
	const temporary = join(home, "tmp");
	mkdirSync(temporary);
	const environment = { HOME: home, XDG_CONFIG_HOME: join(home, ".config"), TMPDIR: temporary };
	const start = (...args: string[]): Running => {
		const words = [...startedBy, node, join(repository, "packages/cli/bin/rollcall.cjs"), ...args];
		const [program = "", ...rest] = words;
		const started = run(program, rest, environment);
		t.teardown(() => started.end());
		return started;
	};
	return {
		home,
		temporary,
		configFile: join(home, ".config/rollcall/config.json"),
		start,
		rollcall: async (...args) => {
			const started = start(...args);
			const out = { stdout: "", stderr: "" };
			started.child.stdout?.on("data", (chunk: Buffer) => {
				out.stdout += chunk.toString();
			});
			started.child.stderr?.on("data", (chunk: Buffer) => {
				out.stderr += chunk.toString();
			});
			const late = setTimeout(() => started.child.kill("SIGKILL"), stretched(120_000));
			const { code } = await started.exited;
			clearTimeout(late);
			return { code, ...out };
		},
	};
}
