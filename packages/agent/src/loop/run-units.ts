import type { TargetUnit } from "@rollcall/protocol";
import { planUnits } from "../domain/plan-units.ts";
import { UnitError, type Units } from "../ports.ts";
import { raced } from "./raced.ts";

/** What `runUnits` brings about. `betweenStopAndReload` is where files of stopped units may go. */
export interface UnitRun {
	readonly wanted: readonly TargetUnit[];
	readonly owned: readonly string[];
	readonly changed: readonly string[];
	readonly signal: AbortSignal;
	readonly betweenStopAndReload?: () => void;
}

/**
 * Stops what is not wanted any more, lets systemd read changed unit files, and starts or restarts what is needed. Returns
 * the actions that it took. Throws UnitError with systemd's words, or the signal's reason.
 */
export async function runUnits(units: Units, run: UnitRun): Promise<string[]> {
	const running = new Set<string>();
	const states = run.wanted.map(async ({ name }) => {
		const { active } = await units.state(name);
		if (active === "active" || active === "activating") running.add(name);
	});
	await raced(Promise.all(states), run.signal);
	const plan = planUnits({ ...run, running });
	const actions: string[] = [];
	for (const unit of plan.stop) {
		await raced(stop(units, unit), run.signal);
		actions.push(`stop ${unit}`);
	}
	run.betweenStopAndReload?.();
	if (plan.reload) {
		await raced(units.reload(), run.signal);
		actions.push("reload");
	}
	for (const { unit, action } of plan.begin) {
		await raced(action === "restart" ? units.restart(unit) : units.start(unit), run.signal);
		actions.push(`${action} ${unit}`);
		const state = await raced(units.state(unit), run.signal);
		if (state.active === "failed") throw new UnitError(`${unit}: ${action} failed: ${state.detail}`);
	}
	return actions;
}

/** Stops a unit. One that systemd does not know or that is down already counts as stopped. */
async function stop(units: Units, unit: string): Promise<void> {
	try {
		await units.stop(unit);
	} catch (error) {
		const state = await units.state(unit);
		if (state.active === "active" || state.active === "activating") throw error;
	}
}
