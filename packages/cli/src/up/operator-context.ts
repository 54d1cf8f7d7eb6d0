import { lstat, rm } from "node:fs/promises";
import { ownValue } from "@rollcall/protocol";
import type { Connection } from "../configuration/connection.ts";
import { type Configuration, configurationPath, readConfiguration, writeConfiguration } from "../configuration/file.ts";

interface OfferedContext {
	readonly name: string;
	readonly path: string;
	/** False: another coordinator is asked when none is named. */
	readonly inUse: boolean;
	readonly withdraw: () => Promise<void>;
}

/** The name of a rehearsal's coordinator, where no other rehearsal has it. */
const NAME = "rehearsal";

/**
 * Puts the coordinator of this run into the operator's configuration. It is the one in use only where there is no other, so that
 * nobody who works on a real fleet asks a rehearsal without knowing. Returns how to take it out again; what others wrote
 * meanwhile stays. Contexts of runs that are gone go as well.
 */
export async function offerContext(connection: Connection, env: NodeJS.ProcessEnv): Promise<OfferedContext> {
	const path = configurationPath(env);
	const before = withoutDead(await readConfiguration(path));
	const name = before.contexts[NAME] ? `${NAME}-${process.pid}` : NAME;
	const current = before.current ?? name;
	const own = {
		server: connection.server,
		...(connection.token === undefined ? {} : { token: connection.token }),
		...(connection.authority === undefined ? {} : { authority: connection.authority }),
		owner: process.pid,
	};
	await writeConfiguration(path, { current, contexts: { ...before.contexts, [name]: own } });
	return {
		name,
		path,
		inUse: current === name,
		withdraw: async () => {
			const now = await readConfiguration(path);
			if (now.contexts[name]?.server !== connection.server) return;
			const { [name]: _ours, ...contexts } = now.contexts;
			// A file that only this run needed goes with it; a symbolic link was there before.
			if (Object.keys(contexts).length === 0 && !(await lstat(path)).isSymbolicLink()) return rm(path, { force: true });
			const left = now.current === name ? before.current : now.current;
			await writeConfiguration(path, {
				...(left !== undefined && ownValue(contexts, left) ? { current: left } : {}),
				contexts,
			});
		},
	};
}

function withoutDead(configuration: Configuration): Configuration {
	const contexts = Object.fromEntries(
		Object.entries(configuration.contexts).filter(([, { owner }]) => owner === undefined || isAlive(owner)),
	);
	const { current } = configuration;
	return current !== undefined && ownValue(contexts, current) ? { current, contexts } : { contexts };
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
