import { etcdRole, type Fleet, LOST_AFTER_MS, SUSPECT_AFTER_MS } from "@rollcall/coordinator/simulator";
import { type EventOf, type EventType, NO_ROLE } from "@rollcall/protocol";
import { must } from "./broken.ts";
import type { Coordinator } from "./coordinator.ts";
import { checkLeaves } from "./etcd-rules.ts";
import { checkTrust } from "./key-rules.ts";
import type { Seen } from "./seen.ts";
import { checkHours } from "./snapshot-rules.ts";
import type { World } from "./world.ts";

interface Recorded<T extends EventType = EventType> {
	readonly world: World;
	readonly by: Coordinator;
	readonly before: Fleet;
	readonly after: Fleet;
	readonly event: EventOf<T>;
	readonly ledger: Seen;
}

type Rules = { readonly [T in EventType]?: (recorded: Recorded<T>) => void };

const RULES: Rules = {
	"machine-enrolled": ({ event, before, ledger, world }) => {
		const { machineId, bootId, tokenId, publicKey } = event;
		must(!ledger.over.has(bootId), "a fenced boot never comes back", () => `${machineId} ${bootId}`);
		const was = ledger.boot.get(machineId);
		must(
			was === undefined || was === bootId || ledger.over.has(was),
			"one live incarnation per machine",
			() => `${machineId}: ${was} and ${bootId}`,
		);
		must(
			event.identity !== "proof" || world.isProven(bootId),
			"only true proofs let in",
			() => `${machineId} ${bootId}`,
		);
		// The host name is the box's true name; nothing decides by it.
		const other = before.machines.get(machineId)?.facts.hostname ?? event.facts.hostname;
		must(
			other === event.facts.hostname,
			"two machines never have one identity",
			() => `${other} and ${event.facts.hostname} are both ${machineId}`,
		);
		if (tokenId === undefined) return;
		const token = before.tokens.get(tokenId);
		const good =
			token?.scope === "enroll" && !token.revoked && (token.expiresAt ?? Number.POSITIVE_INFINITY) > event.at;
		must(good, "only good tokens let in", () => `${machineId} with ${tokenId}`);
		const used = ledger.usedTokens.get(tokenId);
		must(
			used === undefined || (used === bootId && token.usedBy?.publicKey === publicKey),
			"a token is used once",
			() => `${tokenId}: ${used} and ${bootId}`,
		);
		const fits = token.mac === undefined || event.facts.nics.some(({ mac }) => mac === token.mac);
		must(fits, "a bound token lets in its machine only", () => `${tokenId} and ${machineId}`);
	},
	"machine-assigned": (recorded) => {
		const { event, before, ledger } = recorded;
		checkSeat(recorded);
		const machine = before.machines.get(event.machineId);
		must(machine?.approval === "approved", "only approved machines are assigned", () => event.machineId);
		must(machine.lease !== "lost", "no lost machine is assigned", () => event.machineId);
		must(
			event.at >= ledger.recoverUntil,
			"nothing is assigned while a log is being rebuilt",
			() => `${event.machineId} at ${event.at}`,
		);
	},
	"assignment-adopted": (recorded) => {
		checkSeat(recorded);
		const { event, world, before } = recorded;
		const bootId = before.machines.get(event.machineId)?.bootId;
		must(
			bootId !== undefined && world.isProven(bootId),
			"only proven assignments are adopted",
			() => `${event.machineId} ${bootId}`,
		);
	},
	"target-issued": ({ event, before, ledger, world }) => {
		const { machineId, generation, bootId } = event;
		const last = ledger.generation.get(machineId) ?? 0;
		must(generation > last, "generations only rise", () => `${machineId}: ${last} then ${generation}`);
		must(
			before.machines.get(machineId)?.bootId === bootId,
			"targets are for the live incarnation",
			() => `${machineId} ${bootId}`,
		);
		must(
			ledger.seatOf.has(machineId) !== (event.role === NO_ROLE),
			"seated machines get targets, and those that lost their seat the empty one",
			() => machineId,
		);
		must(event.at >= ledger.recoverUntil, "no target changes while a log is being rebuilt", () => machineId);
		const boot = world.bootOf(bootId);
		const gone = boot?.proof === undefined || boot.machineId !== machineId;
		must(
			gone || generation > boot.highest,
			"agents see generations only rise",
			() => `${machineId} took ${boot?.highest}, now ${generation}`,
		);
	},
	"target-progress": ({ event, ledger, world, by }) => {
		const { machineId, bootId, generation, progress, sequence } = event;
		must(!ledger.over.has(bootId), "a fenced boot changes nothing", () => `${machineId} ${bootId}`);
		must(
			ledger.generation.get(machineId) === generation,
			"progress is of the newest generation",
			() => `${machineId} ${generation}`,
		);
		must(
			(sequence ?? 0) >= Math.max(ledger.reported.get(bootId) ?? -1, by.reported(bootId)),
			"late reports change nothing",
			() => `${machineId} ${sequence}`,
		);
		const boot = world.bootOf(bootId);
		must(
			progress.state !== "applied" || !boot || boot.applied.has(generation),
			"applied means applied",
			() => `${machineId} ${generation}`,
		);
		const said = boot?.said.get(sequence ?? -1);
		must(
			!boot || (said?.progress?.state === progress.state && said.generation === generation),
			"what is recorded of a boot was said by it",
			() => `${machineId} ${bootId} never said ${progress.state} ${generation} as report ${sequence}`,
		);
	},
	"health-changed": ({ event, ledger, world, by }) => {
		must(!ledger.over.has(event.bootId), "a fenced boot changes nothing", () => `${event.machineId} ${event.bootId}`);
		must(
			(event.sequence ?? 0) >= Math.max(ledger.reported.get(event.bootId) ?? -1, by.reported(event.bootId)),
			"late reports change nothing",
			() => event.machineId,
		);
		const boot = world.bootOf(event.bootId);
		const said = boot?.said.get(event.sequence ?? -1)?.health;
		must(
			!boot || JSON.stringify(said) === JSON.stringify(event.health),
			"what is recorded of a boot was said by it",
			() => `${event.machineId} ${event.bootId} never said this as report ${event.sequence}`,
		);
	},
	"log-doubted": ({ event }) => {
		// A proof may know more than a log that was begun anew.
		const flaw = event.flaws.find(({ kind }) => kind !== "proof");
		must(flaw === undefined, "an intact log is not in doubt", () => `${flaw?.kind}: ${flaw?.reason}`);
	},
	"etcd-restoring": ({ before, world }) => world.etcd.checkRestored(before),
	"etcd-founded": checkRebuilt,
	"etcd-member-added": checkRebuilt,
	"etcd-member-promoted": checkRebuilt,
	"etcd-member-removed": checkRebuilt,
	"trust-changed": ({ event, before, world }) => checkTrust(world, before, event),
	"etcd-members-removing": (recorded) => {
		checkRebuilt(recorded);
		checkLeaves(recorded.before, recorded.event);
	},
	"etcd-snapshots-pruned": ({ event, before, after }) => {
		if (event.by === undefined) checkHours(before, after);
	},
	"manifests-named": ({ event, before, world }) => world.api.onNamed(before, event),
	"fenced-incarnation-spoke": ({ event, ledger }) => {
		must(!ledger.spoke.has(event.bootId), "a fenced boot is told of once", () => event.bootId);
	},
	"lease-changed": ({ event, world, by }) => {
		const { machineId, lease, bootId } = event;
		const silent = world.checker.silence(by, machineId, bootId);
		if (lease === "alive") {
			must(
				silent < SUSPECT_AFTER_MS + 500,
				"only heard machines are alive",
				() => `${machineId}, silent for ${silent} ms`,
			);
			return;
		}
		const least = (lease === "lost" ? LOST_AFTER_MS : SUSPECT_AFTER_MS) - 1;
		// Of who said good-bye nothing counts that was heard before: it is lost once it was listened for long enough, and suspect before that.
		const gone = world.checker.saidBye.has(bootId);
		must(gone || silent >= least, "only silent machines are lost", () => `${machineId} is ${lease} after ${silent} ms`);
	},
};

/** Rules for one event, in the state before it. */
export function checkEvent(recorded: Recorded): void {
	const rule = RULES[recorded.event.type] as ((recorded: Recorded) => void) | undefined;
	rule?.(recorded);
}

/** Machines prove first what they hold. */
function checkRebuilt({ event, ledger }: { readonly event: { type: EventType; at: number }; ledger: Seen }): void {
	must(
		event.at >= ledger.recoverUntil,
		"nothing is done to etcd's members while a log is being rebuilt",
		() => `${event.type} at ${event.at}`,
	);
}

function checkSeat({ event, before, ledger }: Recorded<"machine-assigned"> | Recorded<"assignment-adopted">): void {
	const { machineId, slot, seat, role } = event;
	const key = `${slot}/${seat}`;
	// While a log is rebuilt, a machine proves its seat anew with each target that it applied.
	const again = event.type === "assignment-adopted" ? machineId : undefined;
	must(
		(ledger.holderOf.get(key) ?? again) === again,
		"a seat has one holder",
		() => `${key}: ${ledger.holderOf.get(key)} and ${machineId}`,
	);
	must(
		again === undefined ? !ledger.seatOf.has(machineId) : (ledger.seatOf.get(machineId) ?? key) === key,
		"a machine has one seat",
		() => `${machineId}: ${ledger.seatOf.get(machineId)} and ${key}`,
	);
	const declared = before.cluster?.document.slots.find(({ name }) => name === slot);
	// One seat more is lent while a member of etcd is on its way out of its slot.
	const lent = before.cluster && role === etcdRole(before.cluster.document) ? 1 : 0;
	// A proof of a seat for etcd goes before a document, which may have gone back with the log (decision 134).
	if (again !== undefined && before.cluster && role === etcdRole(before.cluster.document)) return;
	const fits = declared?.role === role && (declared.count === "rest" || seat < declared.count + lent);
	must(fits, "nothing is assigned that was not declared", () => `${machineId} as ${role} in ${key}`);
}
