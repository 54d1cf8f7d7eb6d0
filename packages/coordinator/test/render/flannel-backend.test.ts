import test from "ava";
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
