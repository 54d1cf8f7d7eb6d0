import { planUnits, type UnitView } from "../domain/plan-units.ts";
import { UnitError } from "../errors.ts";
import type { Units } from "../ports.ts";
import { raced } from "./raced.ts";

/** What `runUnits` needs. `swapFiles` runs after unwanted units were stopped, and before systemd reads unit files again. */
export interface UnitRun extends Omit<UnitView, "running" | "failed"> {
	readonly signal: AbortSignal;
	readonly swapFiles?: () => void;
	/** Told each unit before it is stopped, started or restarted, and `undefined` behind it. */
	readonly acting?: (unit: string | undefined) => void;
}

/**
 * Stops what is not wanted any more, lets systemd read changed unit files, and starts or restarts what is needed. Returns
 * the actions that it took. Throws UnitError with systemd's words, or the signal's reason.
 */
export async function runUnits(units: Units, run: UnitRun): Promise<string[]> {
	const { signal, acting = () => {} } = run;
	const actions: string[] = [];
	for (const unit of planUnits({ ...run, running: new Set() }).stop) {
		signal.throwIfAborted();
		acting(unit);
		await raced(stopUnit(units, unit), signal);
		actions.push(`stop ${unit}`);
	}
	signal.throwIfAborted();
	acting(undefined);
	run.swapFiles?.();
	const running = new Set<string>();
	const failed = new Set<string>();
	const states = run.wanted.map(async ({ name }) => {
		const { active } = await units.state(name);
		if (active === "active" || active === "activating") running.add(name);
		if (active === "failed") failed.add(name);
	});
	await raced(Promise.all(states), signal);
	const plan = planUnits({ ...run, running, failed });
	if (plan.reload) {
		await raced(units.reload(), signal);
		actions.push("reload");
	}
	for (const { unit, action } of plan.begin) {
		signal.throwIfAborted();
		acting(unit);
		await raced(units[action](unit, failed.has(unit)), signal);
		actions.push(`${action} ${unit}`);
		const state = await raced(units.state(unit), signal);
		if (state.active === "failed") throw new UnitError(`${unit}: ${action} failed: ${state.detail}`);
	}
	acting(undefined);
	return actions;
}

/** Stops a unit. One that systemd does not know or that is down already counts as stopped. Throws UnitError. */
export async function stopUnit(units: Units, unit: string): Promise<void> {
	try {
		await units.stop(unit);
	} catch (error) {
		const state = await units.state(unit);
		if (state.active === "active" || state.active === "activating") throw error;
	}
}
