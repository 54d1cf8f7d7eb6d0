import {
	type ClusterDocument,
	canonicalJson,
	dateText,
	type EventDraft,
	type MachineId,
	ownValue,
	type Standing,
	sha256Of,
} from "@rollcall/protocol";
import type { Fleet, Machine } from "./fleet.ts";
import type { Input } from "./inputs.ts";
import { reachText } from "./reach.ts";

/** Who asked for a change through the API, with what right and from where, and by which route. */
export interface Asked {
	readonly by: string;
	readonly scope: string;
	readonly from: string;
	readonly route: string;
	/** What it is about, where the input does not say so. */
	readonly about?: string | undefined;
}

/** The fields of a document that are named one by one; of more, how many. */
const MOST_FIELDS = 12;

/** What is recorded of a change beside the events that it led to, whose first and last number these are. */
export function changeMade(
	asked: Asked,
	input: Input,
	{ before, after, events }: { before: Fleet; after: Fleet; events?: { first: number; last: number } | undefined },
): EventDraft {
	const machineId = "machineId" in input ? (input.machineId as MachineId) : undefined;
	const about = aboutOf(input) ?? asked.about;
	const [was, is] = [standingOf(before, input), standingOf(after, input)];
	if (input.kind === "declare") Object.assign(is, changedFields(before.cluster?.document, input.document));
	const differs = (one: Standing, other: Standing) =>
		Object.fromEntries(
			Object.entries(one)
				.filter(([name, text]) => ownValue(other, name) !== text)
				.map(([name, text]) => [name, cut(text)]),
		);
	return {
		type: "change-made",
		by: asked.by,
		scope: asked.scope,
		from: asked.from.slice(0, 64),
		route: asked.route.slice(0, 128),
		...(machineId === undefined ? {} : { machineId }),
		...(about === undefined ? {} : { about: about.slice(0, 256) }),
		before: differs(was, is),
		after: differs(is, was),
		...(events === undefined ? {} : { events }),
	};
}

function cut(text: string): string {
	return text.length <= 512 ? text : `${text.slice(0, 509)}...`;
}

function aboutOf(input: Input): string | undefined {
	switch (input.kind) {
		case "create-token":
		case "revoke-token":
			return `token ${input.tokenId}`;
		case "declare":
			return `cluster ${input.document.name}`;
		case "operator-certificate":
			return input.certificate.subject;
		default:
			return undefined;
	}
}

/** How that stands in a fleet which an input is about; secrets and their digests are no part of it. */
function standingOf(fleet: Fleet, input: Input): Standing {
	if ("machineId" in input) return machineStanding(fleet.machines.get(input.machineId as MachineId));
	switch (input.kind) {
		case "declare":
			return fleet.cluster ? { document: fleet.cluster.digest } : {};
		case "create-token":
		case "revoke-token": {
			const token = fleet.tokens.get(input.tokenId);
			if (!token) return {};
			return {
				scope: token.scope,
				state: token.revoked ? "revoked" : "usable",
				...(token.reach ? { reach: reachText(token.reach) } : {}),
				...(token.expiresAt === undefined ? {} : { ends: dateText(token.expiresAt) }),
			};
		}
		case "etcd-prune":
			return { snapshots: String(fleet.snapshots?.kept.length ?? 0) };
		case "etcd-choose": {
			const choice = fleet.snapshots?.choice;
			return { begins: choice === undefined ? "newest" : typeof choice === "string" ? choice : choice.sha256 };
		}
		case "log-accept":
			return { doubt: fleet.log?.doubt?.reason ?? "none" };
		case "manifests-accept":
			return { counts: fleet.kubernetes?.manifests?.digest ?? "none" };
		case "change-trust":
			return fleet.trust ? { trust: sha256Of(canonicalJson(fleet.trust.trust)) } : {};
		case "change-listeners": {
			const { signing, certificates = [] } = fleet.listeners?.listeners ?? {};
			return signing === undefined
				? {}
				: { signs: signing, believed: certificates.map(({ fingerprint }) => fingerprint).join(", ") };
		}
		default:
			return {};
	}
}

function machineStanding(machine: Machine | undefined): Standing {
	if (!machine) return { known: "no" };
	const labels = Object.entries(machine.labels).map(([key, value]) => `${key}=${value}`);
	const allowed = machine.held.filter((held) => held.allowed).map(({ bootId }) => bootId);
	return {
		known: "yes",
		approval: machine.approval,
		role: machine.pinnedRole ?? "none",
		seat: machine.seat ? `${machine.seat.slot}/${machine.seat.seat}` : "none",
		labels: labels.sort().join(", ") || "none",
		hands: machine.compromised ? "others" : "ours",
		boots: allowed.join(", ") || "none",
		command: machine.command ? `${machine.command.command} ${machine.command.commandId}` : "none",
	};
}

/** Which fields of the document are other ones, without what they hold. */
function changedFields(before: ClusterDocument | undefined, after: ClusterDocument): Standing {
	if (!before) return {};
	const names = new Set([...Object.keys(before), ...Object.keys(after)]);
	const field = (document: ClusterDocument, name: string) =>
		canonicalJson((document as Record<string, unknown>)[name] ?? null);
	const changed = [...names].filter((name) => field(before, name) !== field(after, name)).sort();
	const more = changed.length - MOST_FIELDS;
	return { fields: changed.slice(0, MOST_FIELDS).join(", ") + (more > 0 ? ` and ${more} more` : "") };
}
