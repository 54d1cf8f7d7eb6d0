import type { AddOnChange, ClusterDocument, Consequences, Digest, Plan, Problem } from "@rollcall/protocol";
import { admit } from "../admit.ts";
import { authorityWasShared } from "../certificates/rotation.ts";
import { outlook, outlookAfter } from "../etcd/outlook.ts";
import type { Fleet } from "../fleet.ts";
import type { InputOf } from "../inputs.ts";
import { hostGatewayWarnings } from "../networks/common-link.ts";
import type { AddOnDigests, RenderTarget } from "../observed.ts";
import { heldNames, namesToCome } from "../seats/declared-names.ts";
import { circleRefusal } from "../seats/name-refusal.ts";
import { podNetworkStepWarnings } from "../targets/pod-network-step.ts";
import { versionStepWarnings } from "../targets/version-step.ts";
import { machineChanges } from "./machine-changes.ts";
import { named } from "./named.ts";
import { wishedRole } from "./wished-role.ts";

const SHARED =
	"control planes were given the key of the cluster's authority by an earlier release; with their next target /etc/kubernetes/pki/ca.key and ca-signer.crt go from them. Who read the key before can still sign: change the authority afterwards, rollcall certs rotate";

export interface Declared {
	readonly document: ClusterDocument;
	readonly digest: Digest;
	readonly warnings?: readonly string[];
}

/** What declaring a document would do to the fleet as it is: a rehearsal on a copy; nothing happens. */
export function planDocument(
	fleet: Fleet,
	declared: Declared,
	render: RenderTarget,
	addOns: AddOnDigests = () => new Map(),
): Plan {
	const { after, sentence } = outlook(fleet, declared, planTime(fleet));
	const { machines, unchanged, warnings } = machineChanges(fleet, after, render);
	const circle = circleRefusal(fleet, declared.document);
	return {
		digest: declared.digest,
		...(sentence === undefined ? {} : { etcd: sentence }),
		unchanged,
		machines: [...machines],
		addOns: addOnChanges(fleet.cluster ? addOns(fleet.cluster.document) : new Map(), addOns(declared.document)),
		warnings: [
			...(circle ? [`apply refuses this document: ${circle.message}`] : []),
			...(declared.warnings ?? []),
			...versionStepWarnings(fleet.cluster?.document, declared.document),
			...podNetworkStepWarnings(fleet.cluster?.document, declared.document),
			...(authorityWasShared(fleet) ? [SHARED] : []),
			...hostGatewayWarnings(after),
			...emptySeats(after),
			...heldNames(after),
			...namesToCome(after).map((line) => named(after, line)),
			...warnings,
		],
	};
}

/** What a role by hand, or labels, of one machine would bring about in the whole fleet; or why it would be refused. Nothing happens. */
export function planMachine(
	fleet: Fleet,
	input: InputOf<"pin-role"> | InputOf<"label">,
	render: RenderTarget,
): Consequences | Problem {
	const at = planTime(fleet);
	const { events, answer } = admit(fleet, input, at);
	if (answer.kind === "problem") return answer.problem;
	const { after, sentence } = outlookAfter(fleet, events, at);
	const { machines, unchanged, warnings } = machineChanges(fleet, after, render);
	const emptyBefore = new Set(emptySeats(fleet));
	const { machineId } = input;
	const machine = after.machines.get(machineId);
	const { seat, pinnedRole } = machine ?? {};
	const why = (machine && wishedRole(after, machine)?.reason) ?? "no seat with that is free";
	const waits =
		pinnedRole !== undefined && pinnedRole !== seat?.role
			? [named(fleet, `machine ${machineId} does not get the role ${pinnedRole} now: ${why}`)]
			: [];
	return {
		...(sentence === undefined || events.length === 0 ? {} : { etcd: sentence }),
		unchanged,
		machines: [...machines],
		warnings: [...waits, ...emptySeats(after).filter((one) => !emptyBefore.has(one)), ...warnings],
	};
}

/** Plans look beyond the time in which a lost log is rebuilt. */
function planTime(fleet: Fleet): number {
	return Math.max(fleet.at, fleet.recoverUntil);
}

function addOnChanges(before: ReadonlyMap<string, Digest>, after: ReadonlyMap<string, Digest>): AddOnChange[] {
	const brought = [...after].flatMap(([object, digest]): AddOnChange[] => {
		if (before.get(object) === digest) return [];
		return [{ object, change: before.has(object) ? "changed" : "added" }];
	});
	const removed = [...before.keys()].filter((object) => !after.has(object));
	return [...brought, ...removed.map((object): AddOnChange => ({ object, change: "removed" }))];
}

/** Slots that stay partly empty: the document asks for more machines than match. */
function emptySeats(fleet: Fleet): string[] {
	const held = new Map<string, number>();
	for (const { seat } of fleet.machines.values()) if (seat) held.set(seat.slot, (held.get(seat.slot) ?? 0) + 1);
	return (fleet.cluster?.document.slots ?? []).flatMap(({ name, count }) => {
		const filled = held.get(name) ?? 0;
		return count === "rest" || filled >= count
			? []
			: [`slot ${name}: ${filled} of ${count} seats are filled; no other machine matches`];
	});
}
