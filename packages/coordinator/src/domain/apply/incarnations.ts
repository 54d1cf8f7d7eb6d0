import type { BootId, EventOf } from "@rollcall/protocol";
import { COORDINATOR, type Fleet, fencedBoots, MAX_FENCED, MAX_REMOVED, type Machine, seatKey } from "../fleet.ts";
import { spent } from "../hello-pace.ts";
import { evidenceOf } from "../identity/evidence.ts";
import { hardwareOf } from "../identity/hardware.ts";
import { isAllowed } from "../identity/hold.ts";
import { moveClaims } from "./claims.ts";
import { withoutLeaving } from "./leaving.ts";
import { changeMachine, touch } from "./touch.ts";

/** A boot of a machine begins, or goes on with another key. What an earlier boot ran and how it was is over. */
export function applyEnrolled(fleet: Fleet, event: EventOf<"machine-enrolled">): Fleet {
	const known = fleet.machines.get(event.machineId);
	if (fencedBoots(fleet, event.machineId).includes(event.bootId)) return fleet;
	const removed = fleet.removed.get(event.machineId);
	const sameBoot = known?.bootId === event.bootId;
	const facts = { ...event.facts, bootId: event.bootId };
	// An agent that enrolls again in its boot has no need to prove that again.
	const tpm = event.tpm?.ek ?? (sameBoot ? known.evidence.tpm : undefined);
	const evidence = { ...evidenceOf(facts), ...(tpm === undefined ? {} : { tpm }) };
	const byPerson = isLetInByPerson(known, event);
	const machine: Machine = {
		...(known ?? {
			approval: removed?.compromised === undefined ? "waiting" : "rejected",
			approvalReason: removed?.compromised ?? "nobody has approved it yet",
			generation: removed?.generation ?? 0,
			fenced: removed?.boots.filter((boot) => boot !== event.bootId) ?? [],
			spoken: [],
			changedAt: event.at,
			changedSeq: event.seq,
			trail: [],
			held: [],
			...(removed?.compromised === undefined ? {} : { compromised: { at: event.at, seq: event.seq } }),
		}),
		machineId: event.machineId,
		bootId: event.bootId,
		publicKey: event.publicKey,
		facts,
		evidence,
		grade: event.grade ?? "claimed",
		unobserved: event.unobserved,
		tokenMac: event.mac,
		held: known?.held.filter(({ bootId }) => bootId !== event.bootId) ?? [],
		personallyLetIn: byPerson ? event.bootId : undefined,
		approvedHardware: byPerson ? hardwareOf(facts) : known?.approvedHardware,
		identity: known?.identity ?? event.identity,
		labels: event.labels,
		lease: "alive",
		leaseAt: event.at,
		backAt: sameBoot ? (known.lease === "lost" ? event.at : known.backAt) : undefined,
		target: sameBoot ? known.target : undefined,
		impossible: undefined,
		health: sameBoot ? known.health : [],
		clock: clockOf(event) ?? (sameBoot ? known.clock : undefined),
		node: sameBoot ? known.node : undefined,
		etcdMemory: sameBoot ? known.etcdMemory : undefined,
		reported: sameBoot ? known.reported : -1,
		helloPace: sameBoot ? known.helloPace : undefined,
		enrolledAt: event.at,
	};
	if (known && !sameBoot && !known.fenced.includes(known.bootId)) {
		return applyEnrolled(withFenced(fleet, known, known.bootId), event);
	}
	// What a boot held that is over is gone with its memory.
	if (!sameBoot && known?.leaving) return applyEnrolled(withoutLeaving(fleet, event.machineId), event);
	const token = event.tokenId === undefined ? undefined : fleet.tokens.get(event.tokenId);
	const { machineId, bootId, publicKey } = event;
	return {
		...fleet,
		machines: fleet.machines.set(machineId, touch(machine, event)),
		claims: moveClaims(fleet.claims, machineId, { before: known, after: machine }),
		tokens: token
			? fleet.tokens.set(token.tokenId, { ...token, usedBy: { machineId, bootId, publicKey } })
			: fleet.tokens,
	};
}

/** The live boot is over. */
export function applyFenced(fleet: Fleet, event: EventOf<"incarnation-fenced">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId && !machine.fenced.includes(event.bootId)
			? withFence(machine, event.bootId)
			: undefined,
	);
}

/** A boot that is over was heard. Recorded once for each. */
export function applyFencedSpoke(fleet: Fleet, event: EventOf<"fenced-incarnation-spoke">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.fenced.includes(event.bootId) && !machine.spoken.includes(event.bootId)
			? { ...machine, spoken: [...machine.spoken, event.bootId] }
			: undefined,
	);
}

/** Facts of a boot that goes on. What told the machine apart when the boot enrolled stays what it was. */
export function applyFactsChanged(fleet: Fleet, event: EventOf<"facts-changed">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId
			? {
					...machine,
					facts: { ...event.facts, bootId: event.bootId },
					helloPace: spent(machine.helloPace, event.at),
				}
			: undefined,
	);
}

/** Its hellos have had their share of the log; what they say is recorded as far as there is a share again. */
export function applyHellosCut(fleet: Fleet, event: EventOf<"hellos-cut">): Fleet {
	return changeMachine(fleet, event, (machine) =>
		machine.bootId === event.bootId && machine.helloPace
			? { ...machine, helloPace: { ...machine.helloPace, cut: true } }
			: undefined,
	);
}

/** A machine is forgotten but for what keeps its old boots from coming back by themselves. */
export function applyRemoved(fleet: Fleet, event: EventOf<"machine-removed">): Fleet {
	const machine = fleet.machines.get(event.machineId);
	if (!machine) return fleet;
	const boots = [...machine.fenced, machine.bootId].slice(-MAX_FENCED);
	// What nobody ever let in holds nothing that it could come back with.
	const removed =
		event.by === COORDINATOR
			? fleet.removed
			: fleet.removed.set(event.machineId, {
					generation: machine.generation,
					boots,
					...(machine.compromised ? { compromised: machine.approvalReason } : {}),
					seq: event.seq,
				});
	const { seat, leaving } = machine;
	const names = [seat?.nodeName, leaving?.keepsName ? leaving.nodeName : undefined];
	return {
		...fleet,
		machines: fleet.machines.delete(event.machineId),
		removed: removed.size > MAX_REMOVED ? forgetOldest(removed) : removed,
		seats: seat ? fleet.seats.delete(seatKey(seat.slot, seat.seat)) : fleet.seats,
		nodeNames: fleet.nodeNames.deleteAll(names.filter((name) => name !== undefined)),
		claims: moveClaims(fleet.claims, event.machineId, { before: machine, after: undefined }),
	};
}

function clockOf({ at, clockOffMs: offMs }: EventOf<"machine-enrolled">): Machine["clock"] {
	return offMs === undefined ? undefined : { offMs, at };
}

/** A person let this boot in: while it waited, or it is the boot that he approved. */
function isLetInByPerson(known: Machine | undefined, { bootId, publicKey }: EventOf<"machine-enrolled">): boolean {
	return (
		known !== undefined &&
		((known.personallyLetIn === bootId && known.publicKey === publicKey) || isAllowed(known, { bootId, publicKey }))
	);
}

/** The machine with this boot among those that are over. */
export function withFence(machine: Machine, bootId: BootId): Machine {
	const fenced = [...machine.fenced, bootId].slice(-MAX_FENCED);
	return { ...machine, fenced, spoken: machine.spoken.filter((boot) => fenced.includes(boot)) };
}

function withFenced(fleet: Fleet, machine: Machine, bootId: BootId): Fleet {
	return { ...fleet, machines: fleet.machines.set(machine.machineId, withFence(machine, bootId)) };
}

/** Drops the oldest quarter, so that the sorting is paid for by many removals. */
function forgetOldest(removed: Fleet["removed"]): Fleet["removed"] {
	const oldest = [...removed.entries()].sort(([, a], [, b]) => a.seq - b.seq).slice(0, MAX_REMOVED / 4);
	return removed.deleteAll(oldest.map(([machineId]) => machineId));
}
