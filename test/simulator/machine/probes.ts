import type { AgentParts } from "@rollcall/agent/simulator";
import type { AgentRules } from "./agent-rules.ts";

export type Probed = { readonly component: string; readonly kind: string; readonly unit?: string };

/** Asks how components are; `troubleOf`: why one is not well. */
export function createProber(
	troubleOf: (probe: Probed) => string | undefined,
	rules: AgentRules,
): ReturnType<AgentParts["createProber"]> {
	return {
		probe: async (probe) => {
			const reason = troubleOf(probe);
			if (reason !== undefined) return { healthy: false, reason };
			rules.onWell(probe.component);
			return { healthy: true };
		},
	};
}
