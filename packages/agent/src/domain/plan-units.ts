import type { TargetUnit } from "@rollcall/protocol";

/** Where units of a target live; a change below it makes systemd read its units again. */
export const UNIT_FOLDER = "/run/systemd/system";

/** What `planUnits` decides on. */
export interface UnitView {
	readonly wanted: readonly TargetUnit[];
	/** Units that this agent started before, in the order in which they are started. */
	readonly owned: readonly string[];
	/** A unit whose memory must stay: it is neither stopped nor restarted. */
	readonly kept?: string | undefined;
	/**
	 * What it is done for: a target is applied; its files are renewed, so that what had ended well before, as an import does, is not begun again; or
	 * what runs is looked after, as where nothing is said.
	 */
	readonly purpose?: "apply" | "renew" | "mend";
	/** Units that are down since they failed; looked at where only files are renewed. */
	readonly failed?: ReadonlySet<string>;
	/** Paths that changed since those units were started. */
	readonly changed: readonly string[];
	/** Units that are active or becoming so. */
	readonly running: ReadonlySet<string>;
}

/** What to do with units, in this order: stop, reload, then `begin` in the target's order. */
export interface UnitPlan {
	readonly stop: readonly string[];
	readonly reload: boolean;
	readonly begin: readonly { readonly unit: string; readonly action: "start" | "restart" }[];
}

/** Restarts only what a change touches, starts what does not run, stops what is not wanted any more: what was started last, first. */
export function planUnits(view: UnitView): UnitPlan {
	const changed = new Set(view.changed);
	const wanted = new Set(view.wanted.map((unit) => unit.name));
	const begin: { unit: string; action: "start" | "restart" }[] = [];
	for (const unit of view.wanted) {
		if (unit.name === view.kept) {
			// Of a mount that is there, starting is no act; what systemd says of it may be older than the apply.
			if (view.purpose === "apply" || !view.running.has(unit.name)) begin.push({ unit: unit.name, action: "start" });
		} else if (touched(unit, changed)) begin.push({ unit: unit.name, action: "restart" });
		else if (isDown(unit, view)) begin.push({ unit: unit.name, action: "start" });
	}
	return {
		stop: view.owned.filter((unit) => !wanted.has(unit) && unit !== view.kept).reverse(),
		reload: view.changed.some((path) => path.startsWith(`${UNIT_FOLDER}/`)),
		begin,
	};
}

/** True for a unit that has to be started, although nothing of it changed. */
function isDown({ name }: TargetUnit, { purpose, failed, running }: UnitView): boolean {
	return purpose === "renew" ? failed?.has(name) === true : !running.has(name);
}

/** True when the unit's own file, one of its drop-ins (systemd.unit(5)) or one of `restartOn` changed. */
function touched(unit: TargetUnit, changed: ReadonlySet<string>): boolean {
	if (changed.has(`${UNIT_FOLDER}/${unit.name}`)) return true;
	if (unit.restartOn.some((path) => changed.has(path))) return true;
	return [...changed].some((path) => path.startsWith(`${UNIT_FOLDER}/${unit.name}.d/`));
}

/**
 * Units in the order in which they are started: those of a target as it says, and what else there is behind what it was started behind, so that a mount
 * is stopped after what runs on it, also where an apply ends halfway.
 */
export function startOrder(owned: readonly string[], wanted: readonly TargetUnit[]): string[] {
	const names = wanted.map(({ name }) => name);
	const order = [...names];
	let at = 0;
	for (const unit of owned) {
		if (!names.includes(unit)) order.splice(at, 0, unit);
		at = Math.max(at, order.indexOf(unit) + 1);
	}
	return order;
}
