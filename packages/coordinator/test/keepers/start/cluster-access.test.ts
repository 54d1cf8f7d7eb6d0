import test from "ava";
import type { Fleet } from "../../../src/domain/fleet.ts";
import { apiServers, clusterAccess } from "../../../src/keepers/start/cluster-access.ts";
import { documentOf, fleetOf, labFacts } from "../../render/fleet-of.ts";

/** Two control planes; the targets of `targets` were issued. */
function fleetWith(controlPlane = "", changed: Parameters<typeof labFacts>[1] = {}, targets = 2): Fleet {
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
controlPlane: { ${controlPlane} }
slots:
  - { name: control, role: control-plane, count: 3 }
`);
	const { fleet, seated } = fleetOf(document, [labFacts(0, changed), labFacts(1, changed)]);
	let { machines, nodeNames } = fleet;
	for (const [index, { machine, seat }] of seated.entries()) {
		nodeNames = nodeNames.set(seat.nodeName, machine.machineId);
		const target = index < targets ? ({ progress: "applying" } as never) : undefined;
		machines = machines.set(machine.machineId, { ...machine, target });
	}
	return { ...fleet, machines, nodeNames };
}

test("the API is looked for at the control planes, or at the endpoint in front of them", (t) => {
	t.deepEqual(apiServers(fleetWith()), ["https://192.168.1.10:6443", "https://192.168.1.11:6443"]);
	t.deepEqual(apiServers(fleetWith("endpoint: api.lab.example, port: 8443")), ["https://api.lab.example:8443"]);
});

test("there is no API at machines that are rehearsed or were given nothing to run", (t) => {
	t.deepEqual(apiServers(fleetWith("", { rehearsal: true })), []);
	t.deepEqual(apiServers(fleetWith("endpoint: api.lab.example", {}, 0)), []);
	t.deepEqual(apiServers(fleetWith("", {}, 1)), ["https://192.168.1.10:6443"]);
});

test("a certificate is made once, and again when it gets old or the authorities change", async (t) => {
	let now = 0;
	let made = 0;
	let identity = "one";
	const access = clusterAccess({
		identity: () => identity,
		monotonic: () => now,
		pair: async () => ({ ca: "", cert: `${++made}`, key: "", expiresInSeconds: 30 }),
	});
	const fleet = fleetWith();
	t.is((await access(fleet))?.cert, "1");
	t.is((await access(fleet))?.cert, "1");
	now = 20_000;
	t.is((await access(fleet))?.cert, "2");
	identity = "two";
	t.is((await access(fleet))?.cert, "3");
	t.is(await access(fleetWith("", { rehearsal: true })), undefined);
});
