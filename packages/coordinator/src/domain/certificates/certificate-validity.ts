import type { Look } from "../drafts.ts";
import type { Fleet } from "../fleet.ts";
import type { Observed, SummaryIfKnown } from "../observed.ts";
import { validityAt } from "./certified.ts";

/** The most names in one event. */
const MAX_NAMES = 16;

/**
 * Records that certificates of what a machine runs are not valid by the coordinator's clock, or all are again. What was issued for an
 * earlier target of the boot, and is named by none any more, does not count. Lost machines are judged when they are back.
 */
export function validityChange(fleet: Fleet, { wall }: Observed, summarize: SummaryIfKnown): Look {
	if (wall === undefined) return () => undefined;
	return (machine) => {
		const { machineId, bootId, certified, seat, lease } = machine;
		if (certified?.bootId !== bootId || !seat || lease === "lost") return undefined;
		const off = certified.certificates.filter((one) => validityAt(one, wall) !== "valid");
		const before = certified.invalid?.validity ?? "valid";
		if (off.length === 0 && before === "valid") return undefined;
		const summary = summarize(fleet, machine, seat);
		if (!summary) return undefined;
		const inUse = new Set(summary.ok ? summary.certificates : []);
		const counted = off.filter(({ name }) => inUse.has(name));
		const [first] = counted;
		const validity = first ? validityAt(first, wall) : "valid";
		if (validity === before) return undefined;
		const names = counted.map(({ name }) => name).slice(0, MAX_NAMES);
		return { type: "certificate-validity-changed", machineId, bootId, validity, names };
	};
}
