import {
	type ClusterDocument,
	canonicalJson,
	digestOf,
	type EventDraft,
	type Facts,
	type Labels,
	type MachineId,
	sha256Of,
	type TargetContent,
	type UserPublicKey,
} from "@rollcall/protocol";
import { decidePlacement } from "../domain/decide.ts";
import { EMPTY_FLEET, type Fleet, type Machine, type Seat } from "../domain/fleet.ts";
import { identify } from "../domain/identity/identify.ts";
import { membersOf } from "../domain/networks/members.ts";
import { record } from "../domain/record.ts";
import { etcdRole, seatCount } from "../domain/seats/seats.ts";
import { renderTarget } from "./render-target.ts";
import { standInFacts } from "./stand-in-facts.ts";
import { STAND_IN_TRUST } from "./stand-in-trust.ts";

/** One machine of a fleet that exists on paper only. */
interface PaperMachine {
	readonly facts: Facts;
	readonly labels: Labels;
}

/** What `renderOffline` works out from. `others`: further machines, so that the members of etcd and the control planes are theirs. */
export interface OfflineRequest {
	readonly document: ClusterDocument;
	readonly role: string;
	readonly machine: PaperMachine;
	readonly others: readonly Facts[];
}

/** The machine's target and seat, or why it gets none. `standIns`: node names that were made up for machines that nobody named. */
export type OfflineTree =
	| {
			readonly ok: true;
			readonly machineId: MachineId;
			readonly seat: Seat;
			readonly content: TargetContent;
			readonly digest: string;
			readonly standIns: readonly string[];
	  }
	| { readonly ok: false; readonly reason: string };

/** More rounds than placing can need. */
const MAX_ROUNDS = 32;
/** Nothing on paper speaks on a bus. */
const NO_KEY = `U${"A".repeat(55)}` as UserPublicKey;

/**
 * What a fleet of just these machines would give the first one, with the decisions and the renderer that a coordinator uses.
 * Seats of control planes and etcd that stay empty are filled with made-up machines next to the first one's address, since
 * neither begins without them.
 */
export function renderOffline({ document, role, machine, others }: OfflineRequest): OfflineTree {
	const declared: EventDraft = {
		type: "cluster-declared",
		document,
		digest: sha256Of(canonicalJson(document)),
		by: "render",
	};
	const trusted: EventDraft = { type: "trust-changed", trust: STAND_IN_TRUST, reason: "none on paper" };
	const first = join(record(EMPTY_FLEET, [trusted, declared], 0).fleet, machine, role);
	if (!first.ok) return first;
	const { machineId } = first;
	let { fleet } = first;
	for (const facts of others) {
		const joined = join(fleet, { facts, labels: {} });
		if (!joined.ok) return joined;
		fleet = joined.fleet;
	}
	const filled = fillEmptySeats(place(fleet), machine.facts);
	if (!filled.ok) return filled;
	const seated = filled.fleet.machines.get(machineId);
	if (!seated?.seat) return { ok: false, reason: `no slot with the role ${role} has a seat for this machine` };
	const rendered = renderTarget(filled.fleet, seated, seated.seat);
	if (!rendered.ok) return rendered;
	const { content } = rendered;
	return { ok: true, machineId, seat: seated.seat, content, digest: digestOf(content), standIns: filled.standIns };
}

type Joined =
	| { readonly ok: true; readonly fleet: Fleet; readonly machineId: MachineId }
	| { readonly ok: false; readonly reason: string };

/** Lets a machine in; with a role, it takes a seat of that role before anybody else. */
function join(fleet: Fleet, { facts, labels }: PaperMachine, role?: string): Joined {
	const identified = identify(fleet, { facts, publicKey: NO_KEY });
	const name = JSON.stringify(facts.hostname);
	if (!identified.ok) return { ok: false, reason: `the machine ${name} cannot be told: ${identified.reason}` };
	const { machineId, identity } = identified;
	if (fleet.machines.has(machineId)) return { ok: false, reason: `the machine ${machineId} (${name}) is named twice` };
	const { bootId } = facts;
	const drafts: EventDraft[] = [
		// Who asks for a tree on paper answers for the machine himself.
		{ type: "machine-enrolled", machineId, bootId, publicKey: NO_KEY, facts, identity, labels, grade: "attested" },
		{ type: "machine-approved", machineId, by: "render", basis: "person" },
		...(role === undefined ? [] : [{ type: "role-pinned", machineId, role, by: "render" } as const]),
	];
	const joined = record(fleet, drafts, 0).fleet;
	return { ok: true, machineId, fleet: role === undefined ? joined : place(joined) };
}

function place(fleet: Fleet): Fleet {
	let next = fleet;
	for (let round = 0; round < MAX_ROUNDS; round++) {
		const drafts = decidePlacement(next, next.at);
		if (drafts.length === 0) break;
		next = record(next, drafts, next.at).fleet;
	}
	return next;
}

function fillEmptySeats(
	fleet: Fleet,
	like: Facts,
): { ok: true; fleet: Fleet; standIns: string[] } | { ok: false; reason: string } {
	const document = fleet.cluster?.document;
	const standIns: string[] = [];
	if (!document) return { ok: true, fleet, standIns };
	let next = fleet;
	for (const role of new Set(["control-plane", etcdRole(document)])) {
		const missing = seatCount(document, role) - membersOf(next, role).length;
		for (let count = 0; count < missing; count++) {
			const facts = standInFacts(like, standIns.length + 1, allFacts(next));
			const joined = join(next, { facts, labels: {} }, role);
			if (!joined.ok) return joined;
			next = joined.fleet;
			standIns.push(nameOf(next.machines.get(joined.machineId)));
		}
	}
	return { ok: true, fleet: next, standIns };
}

function allFacts(fleet: Fleet): Facts[] {
	return [...fleet.machines.values()].map(({ facts }) => facts);
}

function nameOf(machine: Machine | undefined): string {
	return machine?.seat?.nodeName ?? machine?.machineId ?? "";
}
