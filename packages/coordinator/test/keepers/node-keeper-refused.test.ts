import test from "ava";
import { KubernetesError } from "../../src/errors.ts";
import { NodeKeeper } from "../../src/keepers/node-keeper.ts";
import type { NodeSeen } from "../../src/render/seen-node.ts";
import { documentOf, fleetOf, labFacts } from "../render/fleet-of.ts";

const DOCUMENT = `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
slots:
  - { name: control, role: control-plane, count: 3 }
`;

test("a Node whose change the API refuses keeps no other one from being put right, and is told once", async (t) => {
	const { fleet: bare, seated } = fleetOf(documentOf(DOCUMENT), [labFacts(0), labFacts(1), labFacts(2)]);
	const named = seated.map(({ machine: { machineId }, seat: { nodeName } }) => [nodeName, machineId] as const);
	const nodeNames = named.reduce((names, [name, machineId]) => names.set(name, machineId), bare.nodeNames);
	const fleet = { ...bare, nodeNames };
	const nodes = seated.map(
		({ machine: { bootId }, seat: { nodeName: name } }): NodeSeen => ({
			name,
			bootId,
			labels: {},
			taints: [],
			podNetworks: [],
			version: "1",
			state: { ready: true, reason: "", version: "", pressure: [] },
		}),
	);
	const [refused, ...others] = nodes.map(({ name }) => name);
	const changed: string[] = [];
	const told: string[] = [];
	const keeper = new NodeKeeper({
		core: { fleet: () => fleet, submit: async () => ({ kind: "ok" }) },
		kubernetes: {
			followNodes: () => ({
				get: (name) => nodes.find((one) => one.name === name),
				all: () => nodes,
				listed: async () => undefined,
				check: async () => undefined,
				stop: async () => undefined,
			}),
			changeNode: async ({ name }) => {
				if (name === refused) throw new KubernetesError(`Node ${name}: a policy of the cluster forbids it`, 422);
				changed.push(name);
			},
			cordon: async () => {},
			evict: async () => ({ left: 0, reason: "" }),
			removeNode: async () => undefined,
		},
		onTrouble: (what, error) => void told.push(`${what}: ${(error as Error).message}`),
		standing: () => ({ justBack: false }),
		gatherMs: 1,
	});
	await keeper.look();
	await keeper.look();
	t.deepEqual([...new Set(changed)], others);
	t.deepEqual(told, [`Node ${refused} cannot be put right: Node ${refused}: a policy of the cluster forbids it`]);
	await keeper.stop();
});
