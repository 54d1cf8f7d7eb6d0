import type { CheckRequest, CheckView, Event } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import type { ExecutionContext } from "ava";
import { createKubernetes } from "../../src/adapters/kubernetes/kubernetes.ts";
import { admit } from "../../src/domain/admit.ts";
import type { Fleet, Machine } from "../../src/domain/fleet.ts";
import { record } from "../../src/domain/record.ts";
import { type CheckerParts, ClusterChecker } from "../../src/keepers/cluster-checker.ts";
import { documentOf, fleetOf, labFacts } from "../render/fleet-of.ts";
import type { StandingCluster } from "./standing-cluster.ts";

export const WISH: CheckRequest = { keep: false, outside: "registry.k8s.io", startSeconds: 5 };

function withSeat(fleet: Fleet, nodeName: string, lease: Machine["lease"]): Fleet {
	let machines = fleet.machines;
	for (const [id, machine] of machines)
		if (machine.seat) machines = machines.set(id, { ...machine, lease, seat: { ...machine.seat, nodeName } });
	return { ...fleet, machines };
}

/** A checker of such a cluster, and the events that it leads to. `seat`: the node name of the machine with a seat; the first node without it. `lease`: that machine's. */
export function checkerOf(
	t: ExecutionContext,
	{ api, nodes }: StandingCluster,
	more: Partial<CheckerParts> & { document?: string; seat?: string; lease?: Machine["lease"] } = {},
) {
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
${more.document ?? ""}
slots:
  - { name: control, role: control-plane, count: 1 }
`);
	let fleet: Fleet = withSeat(
		fleetOf(document, [labFacts(0)]).fleet,
		more.seat ?? nodes[0] ?? "none",
		more.lease ?? "alive",
	);
	const events: Event[] = [];
	const checker = new ClusterChecker({
		core: {
			fleet: () => fleet,
			submit: async (input) => {
				const { events: drafts, answer } = admit(fleet, input, 1);
				const recorded = record(fleet, drafts, 1);
				if (recorded.refused[0]) throw new Error(recorded.refused[0].reason);
				fleet = recorded.fleet;
				events.push(...recorded.events);
				return answer;
			},
		},
		clock: { now: () => Date.now(), monotonic: () => performance.now() },
		connect: async () => createKubernetes(api.access),
		page: async () => "worker-0",
		newId: () => "c-1",
		onTrouble: (what, error) => t.log(what, error),
		...more,
	});
	t.teardown(() => checker.close());
	const done = () =>
		eventually(
			"the end of the check",
			() => {
				const view = checker.look();
				return view?.state === "done" ? view : undefined;
			},
			120_000,
		);
	return { checker, events, done };
}

/** What was found wrong, or could not be looked at, in lines. */
export function faultsOf({ findings }: CheckView): string[] {
	return findings
		.filter(({ state }) => state !== "ok")
		.map(({ check, state, text, next }) => `${state} ${check}: ${text}; ${next}`);
}
