import type { Hello, Report } from "@rollcall/protocol";
import type { TestAgent } from "./bus.ts";

/** A hello of an agent that runs nothing yet. */
export function helloOf({ bootId, publicKey }: TestAgent): Hello {
	return {
		bootId,
		publicKey,
		generation: 0,
		renew: false,
		facts: {
			bootId,
			hostname: "box",
			smbios: {},
			cpu: { count: 2, model: "test", arch: "x64" },
			memory: { totalBytes: 4 * 1024 ** 3, availableBytes: 3 * 1024 ** 3 },
			nics: [],
			routes: [],
			dns: { servers: [], search: [] },
			os: { id: "debian", version: "12", name: "Debian" },
			kernel: "6.1",
			cgroupVersion: 2,
			tmpfs: [],
			agentVersion: "0.1.0",
			rehearsal: true,
		},
	};
}

/** A report with nothing to tell. */
export function reportOf({ bootId }: TestAgent): Report {
	return { bootId, sequence: 1, generation: 0, health: [] };
}
