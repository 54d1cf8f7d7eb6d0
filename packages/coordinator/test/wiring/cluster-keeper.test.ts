import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "@rollcall/protocol";
import test from "ava";
import { pino } from "pino";
import { createPki } from "../../src/adapters/pki/pki.ts";
import { admit } from "../../src/domain/admit.ts";
import { certificateList } from "../../src/domain/certificate-list.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { record } from "../../src/domain/record.ts";
import type { Core } from "../../src/ports.ts";
import { startClusterKeeper } from "../../src/wiring/cluster-keeper.ts";
import { startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import { newRequest } from "../adapters/pki/request.ts";
import { documentOf, fleetOf, labFacts } from "../render/fleet-of.ts";

test("the coordinator speaks to an API whose certificate the fleet's own authority signed, with one that it signed for itself", async (t) => {
	const folder = mkdtempSync(join(tmpdir(), "rollcall-keeper-"));
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const pki = createPki(folder, { now: () => Date.now() });
	const trust = await pki.trust();
	const { cluster } = trust.authorities;
	const { request, key } = newRequest();
	const { pem } = await pki.certify(trust, {
		name: "apiserver",
		subject: {
			signer: "cluster",
			commonName: "kube-apiserver",
			organizations: [],
			usages: ["server"],
			names: ["localhost"],
			addresses: [],
		},
		authority: cluster.signing,
		request,
		lifeSeconds: 3600,
	});
	const ca = cluster.certificates.map((one) => one.pem).join("");
	const api = await startFakeApiServer(t, { cert: pem, key, ca });
	const port = new URL(api.access.servers[0] ?? "").port;
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
controlPlane: { endpoint: localhost, port: ${port} }
slots:
  - { name: control, role: control-plane, count: 1 }
`);
	const { fleet: seated, seated: places } = fleetOf(document, [labFacts(0)]);
	const [place] = places;
	if (!place) return t.fail();
	const { machine, seat } = place;
	let fleet: Fleet = {
		...seated,
		trust: { trust, seq: 1 },
		nodeNames: seated.nodeNames.set(seat.nodeName, machine.machineId),
		machines: seated.machines.set(machine.machineId, { ...machine, target: { progress: "applied" } as never }),
	};
	const events: Event[] = [];
	const core = {
		fleet: () => fleet,
		leadership: () => ({ leads: true, url: undefined }),
		subscribe: () => () => {},
		submit: async (input: Input) => {
			const verdict = admit(fleet, input, 1);
			const recorded = record(fleet, verdict.events, 1);
			fleet = recorded.fleet;
			events.push(...recorded.events);
			return verdict.answer;
		},
	} as unknown as Core;
	const clock = { now: () => Date.now(), monotonic: () => performance.now() };
	const stop = startClusterKeeper({ core, clock, pki, log: pino({ level: "silent" }), summarize: () => undefined });
	t.teardown(stop);
	const end = performance.now() + 30_000;
	while (!events.some(({ type }) => type === "add-ons-applied")) {
		if (performance.now() > end) throw new Error(`no add-ons: ${JSON.stringify(events)}; ${api.requests.join(", ")}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	t.true(api.objects.has("/apis/apps/v1/namespaces/kube-system/deployments/coredns"));
	t.like(fleet.kubernetes, { ready: true });
	const issued = events.filter((event) => event.type === "operator-certificate-issued");
	t.is(issued.length, 1);
	t.like(issued[0], { by: "coordinator", certificate: { name: "coordinator", signer: "cluster" } });
	t.true(
		events.findIndex(({ type }) => type === "api-changed") >
			events.findIndex(({ type }) => type === "operator-certificate-issued"),
	);
	const listed = certificateList(fleet, Date.now()).filter(({ kind }) => kind === "operator");
	t.like(listed, [{ by: "coordinator", subject: "O=system:masters, CN=rollcall:coordinator", state: "valid" }]);
});
