import { WRITE_ROOTS } from "@rollcall/protocol";
import { type Disk, nodeDisk } from "../../src/adapters/files/disk.ts";
import { createEtcdData } from "../../src/adapters/files/etcd-data.ts";
import { createMemory } from "../../src/adapters/files/memory.ts";
import { createTargetFiles } from "../../src/adapters/files/target-files.ts";
import { createTimeFiles } from "../../src/adapters/files/time-files.ts";
import { nodeKeyring } from "../../src/adapters/keys/keyring.ts";
import { createLastWords } from "../../src/adapters/probes/last-words.ts";
import { createProber } from "../../src/adapters/probes/prober.ts";
import { createRehearsedKernel } from "../../src/adapters/rehearsal/pod-kernel.ts";
import { systemClock } from "../../src/adapters/system-clock.ts";
import { LinkError } from "../../src/errors.ts";
import type { ApplyParts } from "../../src/loop/apply.ts";
import { createCredentialStore } from "../../src/loop/credential-store.ts";
import { createEtcdMemoryKeeper } from "../../src/loop/etcd-memory.ts";
import { createPodNetworkKeeper } from "../../src/loop/pod-network.ts";
import type { EtcdData } from "../../src/ports/etcd-data.ts";
import type { Log, Memory, TimeFiles } from "../../src/ports.ts";
import type { ScriptedUnits } from "./scripted-units.ts";
import { BOOT } from "./targets.ts";

/** A log that keeps its lines. */
export function createKeptLog(): Log & { readonly lines: string[] } {
	const lines: string[] = [];
	const entry = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
	return { lines, debug: entry, info: entry, warn: entry, error: entry };
}

/** Everything real below a root, but for the units. `wrap`: what the agent's memory becomes for all that use it. */
export function applyParts(
	root: string,
	units: ScriptedUnits,
	disk: Disk = nodeDisk,
	wrap: (memory: Memory) => Memory = (memory) => memory,
): ApplyParts & {
	readonly etcdData: EtcdData;
	readonly timeFiles: TimeFiles;
	readonly log: ReturnType<typeof createKeptLog>;
} {
	const memory = wrap(createMemory(`${root}/run/rollcall/state`));
	const log = createKeptLog();
	const etcdData = createEtcdData(root);
	return {
		etcdData,
		timeFiles: createTimeFiles(root),
		etcd: createEtcdMemoryKeeper({
			memory,
			etcdData,
			bootId: BOOT,
			clock: systemClock,
			log,
			standIns: false,
			changed: () => {},
		}),
		credentials: createCredentialStore({
			memory,
			keyring: nodeKeyring,
			clock: systemClock,
			log,
			random: () => 0,
			bootId: BOOT,
			certify: async () => {
				throw new LinkError("nobody certifies here");
			},
			fenced: () => {},
		}),
		files: createTargetFiles({ root, writeRoots: WRITE_ROOTS }, disk),
		units,
		prober: createProber({ loopback: "127.0.0.1", root, plain: true }, units),
		lastWords: createLastWords(root, units),
		memory,
		clock: systemClock,
		log,
		podNetwork: createPodNetworkKeeper({
			podKernel: createRehearsedKernel(root),
			memory,
			clock: systemClock,
			log,
			random: () => 0,
			bootId: BOOT,
		}),
		writeRoots: WRITE_ROOTS,
	};
}
