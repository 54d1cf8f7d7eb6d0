import { sha256Of } from "@rollcall/protocol";
import test from "ava";
import { planDocument } from "../../src/domain/views/plan.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf, labFacts } from "./fleet-of.ts";

for (const [declared, type] of [
	["", "vxlan"],
	[", flannelBackend: host-gw", "host-gw"],
] as const) {
	test(`flannel brings packets by ${type} where the document says "${declared}"`, (t) => {
		const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: flannel${declared} }
slots:
  - { name: control, role: control-plane, count: 1 }
`);
		const { fleet, seated } = fleetOf(document, [labFacts(0)]);
		const [one] = seated;
		const rendered = one && renderTarget(fleet, one.machine, one.seat);
		const file = rendered?.ok ? rendered.content.files.find(({ path }) => path.endsWith("net-conf.json")) : undefined;
		t.is(file && JSON.parse(file.content).Backend.Type, type);
	});
}

test("routes that flannel itself set to other nodes' shares are no network that the pods would hide", (t) => {
	const rendered = (backend: string) => {
		const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: flannel, flannelBackend: ${backend} }
slots:
  - { name: control, role: control-plane, count: 1 }
`);
		const routes = [{ destination: "10.254.3.0/24", nic: "eth0" }];
		const { fleet, seated } = fleetOf(document, [labFacts(0, { routes })]);
		const [one] = seated;
		return one && renderTarget(fleet, one.machine, one.seat);
	};
	t.true(rendered("host-gw")?.ok);
	t.false(rendered("vxlan")?.ok);
});

test("a plan says which node is on no common link where packets go by plain routes", (t) => {
	const warnings = (more: string, ...addresses: string[]) => {
		const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36", podNetwork: flannel${more} }
slots:
  - { name: workers, role: worker, count: rest }
volumes: {}
`);
		const nics = addresses.map((address, index) => [{ ...labFacts(index).nics[0], addresses: [address] }] as never);
		const { fleet } = fleetOf(
			document,
			nics.map((one, index) => labFacts(index, { nics: one })),
		);
		const { warnings: all } = planDocument(fleet, { document, digest: sha256Of("x") }, renderTarget);
		return all.filter((text) => text.includes("host-gw"));
	};
	const apart = ["192.0.2.10/24", "198.51.100.7/24", "192.0.2.11/24"];
	t.deepEqual(warnings(", flannelBackend: host-gw", ...apart), [
		"kubernetes.flannelBackend: host-gw leads over one link alone, and node-1 (198.51.100.7) is on none with node-0 (192.0.2.10): their pods do not reach each other; vxlan crosses routers",
	]);
	t.deepEqual(warnings("", ...apart), []);
	t.deepEqual(warnings(", flannelBackend: host-gw", "192.0.2.10/24", "192.0.2.11/24"), []);
});
