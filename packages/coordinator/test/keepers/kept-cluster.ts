import type { ClusterDocument, Event, EventOf, EventType, Facts } from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import { createClock } from "../../src/adapters/clock/drawn-clock.ts";
import { createKubernetes } from "../../src/adapters/kubernetes/kubernetes.ts";
import { admit } from "../../src/domain/admit.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { record } from "../../src/domain/record.ts";
import { ClusterKeeper, type ClusterKeeperParts } from "../../src/keepers/cluster-keeper.ts";
import type { Manifest } from "../../src/render/addons/manifest.ts";
import { type FakeApiServer, startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import { documentOf, fleetOf, labFacts } from "../render/fleet-of.ts";

/** One control plane. */
export const document = (podNetwork: string, more = "", slot = "") =>
	documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: ${podNetwork} }
${more}
slots:
  - { name: control, role: control-plane, count: 1${slot} }
`);

interface Kept {
	readonly declared?: ClusterDocument;
	readonly machines?: readonly Facts[];
	readonly pace?: ClusterKeeperParts["pace"];
	readonly requests?: ClusterKeeperParts["requests"];
	readonly coordinatorId?: string;
	/** What the log says of the cluster's API. */
	readonly kubernetes?: Fleet["kubernetes"];
	readonly own?: readonly Manifest[];
}

/** A keeper of a fleet with one control plane, and what it records. The pace is that of a test. */
export async function keep(
	t: ExecutionContext,
	api?: FakeApiServer,
	{
		declared = document("flannel"),
		machines = [labFacts(0)],
		pace = {},
		requests = { look: async () => {} },
		coordinatorId = "c-1",
		kubernetes,
		own: found = [],
	}: Kept = {},
) {
	const fake = api ?? (await startFakeApiServer(t));
	const { fleet, seated } = fleetOf(declared, machines);
	const nodeNames = seated.reduce(
		(names, { machine, seat }) => names.set(seat.nodeName, machine.machineId),
		fleet.nodeNames,
	);
	const world = {
		fleet: { ...fleet, nodeNames, kubernetes, seq: 1 } as Fleet,
		leads: true,
		reachable: true,
		events: [] as Event[],
	};
	let own: () => Promise<readonly Manifest[]> = async () => found;
	const submit = async (input: Input) => {
		const { events, answer } = admit(world.fleet, input, 1);
		const recorded = record(world.fleet, events, 1);
		if (recorded.refused[0]) throw new Error(recorded.refused[0].reason);
		world.fleet = recorded.fleet;
		world.events.push(...recorded.events);
		return answer;
	};
	const keeper = new ClusterKeeper({
		coordinatorId,
		core: { fleet: () => world.fleet, actsIn: () => (world.leads ? 1 : undefined), submit },
		clock: createClock(),
		access: async () => (world.reachable ? fake.access : undefined),
		connect: async (access) => createKubernetes(access),
		mayRewrite: () => true,
		ownManifests: () => own(),
		requests,
		onTrouble: (what, error) => t.log(what, error),
		pace: { look: 10, idle: 10, trouble: 10, worst: 50, repeat: 30, claims: 10, young: 0, ...pace },
	});
	t.teardown(() => keeper.stop());
	keeper.start();
	const all = <T extends EventType>(type: T) =>
		world.events.filter((event): event is EventOf<T> & Event => event.type === type);
	const declare = (next: ReturnType<typeof document>) => {
		world.fleet = { ...world.fleet, cluster: { ...world.fleet.cluster, document: next } as never };
	};
	return { fake, world, keeper, submit, all, declare, bring: (from: typeof own) => (own = from) };
}
