import test from "ava";
import { runUnits } from "../src/loop/run-units.ts";
import type { UnitState, Units } from "../src/ports.ts";

const UNITS = ["images.service", "kubelet.service"] as const;

/** systemd with units of which one failed before. A start that a condition skips ends well, and the unit stays as it was. */
function systemd(): { readonly units: Units; readonly states: Map<string, UnitState["active"]> } {
	const states = new Map<string, UnitState["active"]>([
		["images.service", "failed"],
		["kubelet.service", "inactive"],
	]);
	const begin = async (unit: string, hasFailed?: boolean): Promise<void> => {
		if (hasFailed) states.set(unit, "inactive");
		if (unit !== "images.service") states.set(unit, "active");
	};
	const units = {
		reload: async () => {},
		start: begin,
		restart: begin,
		stop: async () => {},
		state: async (unit: string) => ({ active: states.get(unit) ?? "unknown", detail: states.get(unit) ?? "" }),
	} as unknown as Units;
	return { units, states };
}

test("a unit that failed before, and has nothing left to do, keeps no node from its role", async (t) => {
	const { units, states } = systemd();
	const wanted = UNITS.map((name) => ({ name, restartOn: [] }));
	const run = {
		wanted,
		owned: UNITS,
		changed: ["/run/systemd/system/images.service"],
		signal: new AbortController().signal,
	};
	await t.notThrowsAsync(runUnits(units, { ...run, purpose: "apply" }));
	t.is(states.get("kubelet.service"), "active");
});

test("what was given up before it came to the units leaves them as they are", async (t) => {
	const { units, states } = systemd();
	states.set("kubelet.service", "active");
	const ending: Units = { ...units, stop: async (unit) => void states.set(unit, "inactive") };
	const signal = AbortSignal.abort(new Error("another target came"));
	await t.throwsAsync(runUnits(ending, { wanted: [], owned: ["kubelet.service"], changed: [], signal }), {
		message: "another target came",
	});
	t.is(states.get("kubelet.service"), "active");
});
