import { UnitError } from "../../src/errors.ts";
import type { Units } from "../../src/ports.ts";

/** Units that do what the test says, and remember what was asked of them. */
export interface ScriptedUnits extends Units {
	/** Actions besides questions about states, in order. */
	readonly actions: string[];
	readonly running: Set<string>;
	/** Units that are down since they failed. */
	readonly failed: Set<string>;
	/** Units whose start fails, with systemd's words. */
	readonly broken: Map<string, string>;
	/** Units whose start does not come back until released. */
	readonly hanging: Set<string>;
}

export function createScriptedUnits(): ScriptedUnits {
	const actions: string[] = [];
	const running = new Set<string>();
	const failed = new Set<string>();
	const broken = new Map<string, string>();
	const hanging = new Set<string>();
	const begin = async (action: string, unit: string) => {
		actions.push(`${action} ${unit}`);
		if (hanging.has(unit)) await new Promise(() => {});
		const words = broken.get(unit);
		if (words !== undefined) {
			running.delete(unit);
			throw new UnitError(`${unit}: ${words}`);
		}
		failed.delete(unit);
		running.add(unit);
	};
	return {
		actions,
		running,
		failed,
		broken,
		hanging,
		async reload() {
			actions.push("reload");
		},
		start: (unit) => begin("start", unit),
		restart: (unit) => begin("restart", unit),
		async stop(unit) {
			actions.push(`stop ${unit}`);
			running.delete(unit);
		},
		async state(unit) {
			if (failed.has(unit)) return { active: "failed", detail: "failed (failed)" };
			return running.has(unit)
				? { active: "active", detail: "active (running)" }
				: { active: "inactive", detail: "inactive (dead)" };
		},
		async logs() {
			return { kind: "logs", lines: ["a line"] };
		},
		async reboot() {
			actions.push("reboot");
		},
	};
}
