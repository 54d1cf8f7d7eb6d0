import { mkdir, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Units without a process: only remembered as started, but for mounts, which have a folder that is empty again when they are stopped. */
export interface MarkedUnits {
	/** `text`: of its unit file, where there is one. */
	start(name: string, text: string | undefined): Promise<void>;
	stop(name: string): Promise<void>;
	isStarted(name: string): boolean;
}

/** None started yet. What mounts hold lies below the machine's root; nothing is mounted. */
export function createMarkedUnits(root: string): MarkedUnits {
	const started = new Map<string, string | undefined>();
	return {
		async start(name, text) {
			if (started.has(name)) return;
			const where = name.endsWith(".mount") ? /^\s*Where=(\/\S*)\s*$/m.exec(text ?? "")?.[1] : undefined;
			const folder = where === undefined ? undefined : resolve(join(root, where));
			if (folder !== undefined) await mkdir(folder, { recursive: true });
			started.set(name, folder?.startsWith(`${resolve(root)}/`) ? folder : undefined);
		},
		async stop(name) {
			const folder = started.get(name);
			started.delete(name);
			if (folder === undefined) return;
			for (const entry of await readdir(folder).catch(() => []))
				await rm(join(folder, entry), { recursive: true, force: true });
		},
		isStarted: (name) => started.has(name),
	};
}
