import { MachinePhase, Status } from "@rollcall/protocol";
import { z } from "zod";
import { claimsText } from "../../../domain/claims-text.ts";
import { etcdView } from "../../../domain/etcd-view.ts";
import type { Fleet, KubernetesStanding } from "../../../domain/fleet.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { EXAMPLE_DIGEST } from "./examples.ts";
import { NOTHING } from "./parameters.ts";

const get = { method: "GET", params: NOTHING, query: NOTHING, body: null, leads: false, status: 200 } as const;
const NO_MACHINES = Object.fromEntries(MachinePhase.options.map((phase) => [phase, 0])) as Record<MachinePhase, number>;
const Alive = z.strictObject({ ok: z.literal(true) });

/** The coordinator itself. The probes say one word, so that nobody learns anything from them. */
export const STATUS_ROUTES: readonly Route[] = [
	route({
		...get,
		path: "/v1/status",
		summary: "The coordinator and the fleet in a few numbers",
		scope: "read",
		response: Status,
		example: {
			coordinatorId: "coordinator-a",
			leader: true,
			seq: 12,
			stateDigest: EXAMPLE_DIGEST,
			cluster: "lab",
			kubernetes: { ready: true, addOns: true },
			etcd: { members: 3, newestSnapshot: "2026-11-02T08:00:00.000Z", restoring: false },
			recovering: false,
			machines: { ...NO_MACHINES, ready: 10 },
			version: "0.1.0",
		} as z.input<typeof Status>,
		refusals: [],
		answer(api) {
			const fleet = api.core.fleet();
			const { leads, url } = api.core.leadership();
			const etcd = etcdOf(fleet);
			const machines = { ...NO_MACHINES };
			for (const machine of fleet.machines.values()) machines[api.projections.machineView(fleet, machine).phase] += 1;
			return {
				coordinatorId: api.config.coordinatorId,
				leader: leads,
				...(url === undefined ? {} : { leaderUrl: url }),
				seq: fleet.seq,
				stateDigest: api.stateDigest(),
				...(fleet.cluster ? { cluster: fleet.cluster.document.name } : {}),
				...(fleet.kubernetes ? { kubernetes: kubernetesOf(fleet.kubernetes) } : {}),
				...(etcd ? { etcd } : {}),
				recovering: fleet.recoverUntil > api.clock.now(),
				machines,
				version: api.config.version,
			};
		},
	}),
	route({
		...get,
		path: "/v1/openapi.json",
		summary: "This document",
		scope: "public",
		response: z.record(z.string(), z.unknown()),
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
		summary: "The state is current and the log can be written to",
		scope: "public",
		response: Alive,
		example: { ok: true },
		refusals: ["not-ready"],
		answer(api) {
			if (!api.core.ready().ready) throw refuse("not-ready", "not ready");
			return { ok: true as const };
		},
	}),
	route({
		...get,
		path: "/metrics",
		summary: "Metrics in the text format of Prometheus",
		scope: "read",
		contentType: "text/plain; version=0.0.4; charset=utf-8",
		response: z.string(),
		example: 'rollcall_machines{phase="ready"} 10\n',
		refusals: [],
		answer: (api) => api.metrics.text(),
	}),
];

/** Undefined before etcd was founded, as long as there is no snapshot either. */
function etcdOf(fleet: Fleet): Status["etcd"] {
	if (!fleet.etcd && !fleet.snapshots) return undefined;
	const { members, snapshots, restoring, trouble } = etcdView(fleet);
	const newest = snapshots[0]?.takenAt;
	return {
		members: members.length,
		...(newest === undefined ? {} : { newestSnapshot: newest }),
		restoring: restoring !== undefined,
		...(trouble === undefined ? {} : { reason: trouble }),
	};
}

function kubernetesOf({
	ready,
	reason,
	addOns,
	addOnsTrouble,
	claims,
}: KubernetesStanding): NonNullable<Status["kubernetes"]> {
	const trouble = ready ? addOnsTrouble : reason;
	return {
		ready,
		addOns: addOns !== undefined && addOnsTrouble === undefined,
		...(trouble === undefined ? {} : { reason: trouble }),
		...(claims === undefined ? {} : { claims: claimsText(claims) }),
	};
}
