import { rm } from "node:fs/promises";
import type { Connection } from "../configuration/connection.ts";
import { type Configuration, configurationPath, readConfiguration, writeConfiguration } from "../configuration/file.ts";

/**
 * Puts the coordinator of this run into the operator's configuration, as the one in use, so that a second terminal just
 * works. Returns how to take it out again; what others wrote meanwhile stays. Contexts of runs that are gone go as well.
 */
export async function offerContext(
	connection: Connection,
	env: NodeJS.ProcessEnv,
): Promise<{ readonly name: string; readonly path: string; readonly withdraw: () => Promise<void> }> {
	const path = configurationPath(env);
	const name = `up-${process.pid}`;
	const before = withoutDead(await readConfiguration(path));
	const own = {
		server: connection.server,
		...(connection.token === undefined ? {} : { token: connection.token }),
		owner: process.pid,
	};
	await writeConfiguration(path, { current: name, contexts: { ...before.contexts, [name]: own } });
	return {
		name,
		path,
		withdraw: async () => {
			const now = await readConfiguration(path);
			if (now.contexts[name]?.server !== connection.server) return;
			const { [name]: _ours, ...contexts } = now.contexts;
			// A file that only this run needed goes with it.
			if (Object.keys(contexts).length === 0) return rm(path, { force: true });
			const current = now.current === name ? before.current : now.current;
			await writeConfiguration(path, {
				...(current !== undefined && contexts[current] ? { current } : {}),
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
	return current !== undefined && contexts[current] ? { current, contexts } : { contexts };
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
