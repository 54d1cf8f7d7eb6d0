import { Alive, MachinePhase, MetricsText, OpenApiDocument, Ready, Status, type Timestamp } from "@rollcall/protocol";
import type { z } from "zod";
import { listenersText } from "../../../domain/certificates/listeners.ts";
import { etcdView } from "../../../domain/etcd/view.ts";
import type { Fleet } from "../../../domain/fleet.ts";
import { ACCEPT_LOG, fillingText } from "../../../domain/log/log-standing.ts";
import { fleetInReach, isPartial } from "../../../domain/reach.ts";
import { claimsText } from "../../../domain/views/claims-text.ts";
import { differText, type KubernetesStanding } from "../../../domain/views/kubernetes-standing.ts";
import { fleetTrouble, machinesTrouble } from "../../../domain/views/trouble.ts";
import type { Api, Caller } from "../dependencies.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { bootsInReach } from "./boots.ts";
import { EXAMPLE_DIGEST } from "./examples.ts";
import { NOTHING } from "./parameters.ts";

const get = { method: "GET", params: NOTHING, query: NOTHING, body: null, leads: false, status: 200 } as const;
const NO_MACHINES = Object.fromEntries(MachinePhase.options.map((phase) => [phase, 0])) as Record<MachinePhase, number>;
/** So many stuck boots are counted one by one. */
const MOST_STUCK = 1000;

/** The coordinator itself. The probes say one word, so that nobody learns anything from them. */
export const STATUS_ROUTES: readonly Route[] = [
	route({
		...get,
		path: "/v1/status",
		partial: "list",
		summary: "The coordinator and the fleet in a few numbers",
		scope: "viewer",
		response: Status,
		example: {
			coordinatorId: "coordinator-a",
			leader: true,
			seq: 12,
			stateDigest: EXAMPLE_DIGEST,
			cluster: "lab",
			kubernetes: { ready: true, addOns: true },
			etcd: { members: 3, newestSnapshot: "2026-11-02T08:00:00.000Z", restoring: false },
			signers: ["UAJ2RVVQ5SOUVGBTLM7UD5QGK7YUDRXVEJPSL2EZVTL3OJDX4RSPGKMJ"],
			recovering: false,
			machines: { ...NO_MACHINES, ready: 10 },
			trouble: [],
			version: "0.1.0",
		} as z.input<typeof Status>,
		refusals: [],
		answer(api, { caller }) {
			const all = api.core.fleet();
			const fleet = fleetInReach(all, caller.reach);
			const isWhole = fleet === all;
			const { leads, url } = api.core.leadership();
			const { ready, reason, undecided } = api.core.ready();
			const etcd = isWhole ? etcdOf(fleet, api.clock.now()) : undefined;
			const machines = { ...NO_MACHINES };
			for (const machine of fleet.machines.values()) machines[api.projections.machineView(fleet, machine).phase] += 1;
			const listeners = isWhole ? listenersText(fleet) : undefined;
			return {
				coordinatorId: api.config.coordinatorId,
				leader: leads,
				...(url === undefined ? {} : { leaderUrl: url }),
				...(ready ? {} : { notReady: reason }),
				seq: fleet.seq,
				stateDigest: api.stateDigest(),
				...(fleet.cluster ? { cluster: fleet.cluster.document.name } : {}),
				...(fleet.kubernetes && isWhole ? { kubernetes: kubernetesOf(fleet.kubernetes) } : {}),
				...(etcd ? { etcd } : {}),
				...(listeners === undefined ? {} : { listeners }),
				...(fleet.log?.filled ? { logFilling: fillingText(fleet.log.filled) } : {}),
				...(fleet.log?.doubt ? { logDoubt: `${fleet.log.doubt.reason}; ${ACCEPT_LOG}` } : {}),
				signers: [...api.credentials.signers],
				recovering: fleet.recoverUntil > api.clock.now(),
				rehearsal: isRehearsal(fleet),
				machines,
				trouble: [...ownTrouble(undecided), ...troubleFor(api, fleet, caller)],
				version: api.config.version,
			};
		},
	}),
	route({
		...get,
		path: "/v1/openapi.json",
		summary: "This document",
		scope: "public",
		response: OpenApiDocument,
		example: { openapi: "3.1.1" },
		refusals: [],
		answer: (api) => api.openApi(),
	}),
	route({
		...get,
		path: "/healthz",
		summary: "The process answers",
		scope: "public",
		response: Alive,
		example: { ok: true },
		refusals: [],
		answer: () => ({ ok: true as const }),
	}),
	route({
		...get,
		path: "/readyz",
		summary:
			"The state is current and the log can be written to; `warning` when that will end, or the coordinator has an error",
		scope: "public",
		response: Ready,
		example: { ok: true },
		refusals: ["not-ready"],
		answer(api) {
			const { ready, undecided } = api.core.ready();
			if (!ready) throw refuse("not-ready", "not ready");
			if (undecided !== undefined) return { ok: true as const, warning: "own-error" as const };
			return { ok: true as const, ...(api.core.fleet().log?.filled ? { warning: "log-filling" as const } : {}) };
		},
	}),
	route({
		...get,
		path: "/metrics",
		summary: "Metrics in the text format of Prometheus",
		scope: "viewer",
		contentType: "text/plain; version=0.0.4; charset=utf-8",
		response: MetricsText,
		example: 'rollcall_machines{phase="ready"} 10\n',
		refusals: [],
		answer: (api) => api.metrics.text(),
	}),
];

/** What this coordinator itself does not do. */
function ownTrouble(undecided: string | undefined): Status["trouble"] {
	if (undecided === undefined) return [];
	const next = "its own log says where it happens; another version of it may go on";
	return [{ kind: "own-error", text: undecided, next }];
}

/** What is wrong; for somebody who is limited to some machines, what is wrong with these. */
function troubleFor(api: Api, fleet: Fleet, caller: Caller): Status["trouble"] {
	const { boots } = api.boots.list({ state: "stuck", limit: MOST_STUCK, ...bootsInReach(api, caller) });
	return isPartial(caller.reach) ? machinesTrouble(fleet, boots) : fleetTrouble(fleet, boots, api.clock.wall());
}

/** Undefined before etcd was founded, as long as there is no snapshot either. */
function etcdOf(fleet: Fleet, at: Timestamp): Status["etcd"] {
	if (!fleet.etcd && !fleet.snapshots) return undefined;
	const { members, snapshots, restoring, trouble, risk } = etcdView(fleet, at);
	const newest = snapshots[0]?.takenAt;
	return {
		members: members.length,
		...(newest === undefined ? {} : { newestSnapshot: newest }),
		restoring: restoring !== undefined,
		...(risk === undefined ? {} : { risk }),
		...(trouble === undefined ? {} : { reason: trouble }),
	};
}

function kubernetesOf({
	ready,
	reason,
	addOns,
	addOnsTrouble,
	manifestsDiffer,
	claims,
}: KubernetesStanding): NonNullable<Status["kubernetes"]> {
	const differ = manifestsDiffer && differText(manifestsDiffer);
	const trouble = ready ? (addOnsTrouble ?? differ) : reason;
	return {
		ready,
		addOns: addOns !== undefined && addOnsTrouble === undefined,
		...(trouble === undefined ? {} : { reason: trouble }),
		...(claims === undefined ? {} : { claims: claimsText(claims) }),
	};
}

/** True when there are machines, and each is a rehearsal of one. */
function isRehearsal({ machines }: Fleet): boolean {
	return machines.size > 0 && [...machines.values()].every(({ facts }) => facts.rehearsal);
}
