import { renameSync } from "node:fs";
import { check, type Facts } from "@rollcall/protocol";
import { z } from "zod";
import { readOwnFile, writeFresh } from "../own-file.ts";

const Bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const ShareFile = z.strictObject({
	bootId: z.string(),
	memory: Bytes,
	tmpfs: z.array(z.strictObject({ path: z.string(), bytes: Bytes })).max(16),
});
type Share = z.infer<typeof ShareFile>;

/**
 * What the operating system takes of a machine's RAM: measured once per boot, before the agent has written anything, and kept in a
 * file below its state folder. `untouched`: nothing of a target lies on the machine yet.
 */
export interface SystemShare {
	readonly path: string;
	readonly untouched: () => boolean;
}

/** Adds what the system took to facts; nothing where it was never measured in this boot. */
export function withSystemShare(facts: Facts, { path, untouched }: SystemShare): Facts {
	const kept = read(path);
	const share = kept?.bootId === facts.bootId ? kept : untouched() ? measure(facts) : undefined;
	if (!share) return facts;
	if (share !== kept) keep(path, share);
	const taken = new Map(share.tmpfs.map((one) => [one.path, one.bytes]));
	return {
		...facts,
		memory: { ...facts.memory, systemBytes: share.memory },
		tmpfs: facts.tmpfs.map((room) => {
			const systemBytes = taken.get(room.path);
			return systemBytes === undefined ? room : { ...room, systemBytes };
		}),
	};
}

/** Files in RAM are not available, caches are (MemAvailable, proc(5)); huge pages are counted by themselves. */
function measure({ bootId, memory, tmpfs }: Facts): Share {
	return {
		bootId,
		memory: Math.max(0, memory.totalBytes - memory.availableBytes - (memory.hugePagesBytes ?? 0)),
		tmpfs: tmpfs.map(({ path, totalBytes, freeBytes }) => ({ path, bytes: Math.max(0, totalBytes - freeBytes) })),
	};
}

function read(path: string): Share | undefined {
	try {
		const found = check(ShareFile, JSON.parse(readOwnFile(path)), path);
		return found.ok ? found.value : undefined;
	} catch {
		return undefined;
	}
}

/** Where it cannot be kept, an agent that starts again tells facts without it. */
function keep(path: string, share: Share): void {
	try {
		writeFresh(`${path}.fresh`, JSON.stringify(share), 0o600);
		renameSync(`${path}.fresh`, path);
	} catch {
		// The state folder says by itself when it cannot be written.
	}
}
