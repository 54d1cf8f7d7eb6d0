import { LeaseState, MachinePhase, type Timestamp } from "@rollcall/protocol";
import { certificateList } from "../../domain/certificates/certificate-list.ts";
import { etcdView } from "../../domain/etcd/view.ts";
import type { Fleet } from "../../domain/fleet.ts";
import { emptySeats } from "../../domain/seats/empty-seats.ts";
import { phaseOf } from "../../domain/views/phase.ts";
import type { FleetReading } from "./metrics.ts";

/** The fleet in numbers, for the metrics. */
export function readFleet(
	fleet: Fleet,
	{ leads, acts, now }: { readonly leads: boolean; readonly acts: boolean; readonly now: Timestamp },
): FleetReading {
	const machines = Object.fromEntries(MachinePhase.options.map((phase) => [phase, 0])) as Record<MachinePhase, number>;
	const leases = Object.fromEntries(LeaseState.options.map((lease) => [lease, 0])) as Record<LeaseState, number>;
	for (const machine of fleet.machines.values()) {
		machines[phaseOf(machine)] += 1;
		leases[machine.lease] += 1;
	}
	const seats = emptySeats(fleet).map(({ slot, empty }) => ({ slot: slot.name, role: slot.role, empty }));
	const newest = etcdView(fleet, now).snapshots[0]?.takenAt;
	const ends = new Map<string, number>();
	for (const { kind, expiresAt, state } of certificateList(fleet, now)) {
		if (state === "disbelieved") continue;
		ends.set(kind, Math.min(ends.get(kind) ?? Number.POSITIVE_INFINITY, Date.parse(expiresAt)));
	}
	return {
		...{ seq: fleet.seq, leads, acts, machines, leases, seats },
		...(newest === undefined ? {} : { snapshotAgeSeconds: Math.max(0, (now - Date.parse(newest)) / 1000) }),
		certificateEnds: [...ends].map(([kind, at]) => ({ kind, seconds: (at - now) / 1000 })),
	};
}
