import type { Hello, Report } from "@rollcall/protocol";
import { machineFacts } from "@rollcall/test-support/machine-facts";
import type { TestAgent } from "./bus.ts";

/** A hello of an agent that runs nothing yet. */
export function helloOf({ bootId, publicKey }: TestAgent): Hello {
	return {
		bootId,
		publicKey,
		generation: 0,
		renew: false,
		facts: machineFacts({ bootId }),
	};
}

/** A report with nothing to tell. */
export function reportOf({ bootId }: TestAgent): Report {
	return { bootId, sequence: 1, generation: 0, health: [] };
}
