import { X509Certificate } from "node:crypto";
import type { Event } from "@rollcall/protocol";
import { apiCertificate } from "@rollcall/test-support/api-certificate";
import { eventually } from "@rollcall/test-support/eventually";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { pino } from "pino";
import { createClock } from "../../../src/adapters/clock/drawn-clock.ts";
import { createPki } from "../../../src/adapters/pki/pki.ts";
import { admit } from "../../../src/domain/admit.ts";
import { certificateList } from "../../../src/domain/certificates/certificate-list.ts";
import { SIGNERS } from "../../../src/domain/certificates/signing-requests.ts";
import type { Fleet } from "../../../src/domain/fleet.ts";
import type { Input } from "../../../src/domain/inputs.ts";
import { record } from "../../../src/domain/record.ts";
import { startClusterKeeper } from "../../../src/keepers/start/cluster-keeper.ts";
import { ownAccess } from "../../../src/keepers/start/own-access.ts";
import type { Core } from "../../../src/ports/core.ts";
import { renderTarget } from "../../../src/render/render-target.ts";
import { startFakeApiServer } from "../../adapters/kubernetes/fake-api-server.ts";
import { certificateIn, signingRequest } from "../../adapters/kubernetes/fake-signing-request.ts";
import { documentOf, fleetOf, labFacts } from "../../render/fleet-of.ts";

test("the coordinator speaks to an API whose certificate the fleet's own authority signed, with one that it signed for itself", async (t) => {
	const folder = ownFolder(t, "rollcall-keeper-");
	const pki = createPki(folder, { wall: () => Date.now() });
	const trust = await pki.trust();
	const pair = await apiCertificate(pki);
	const api = await startFakeApiServer(t, pair);
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
		actsIn: () => 1,
		subscribe: () => () => {},
		submit: async (input: Input) => {
			const verdict = admit(fleet, input, 1);
			const recorded = record(fleet, verdict.events, 1);
			fleet = recorded.fleet;
			events.push(...recorded.events);
			return verdict.answer;
		},
	} as unknown as Core;
	const clock = createClock();
	const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/own";
	const asked = signingRequest("own", {
		signer: SIGNERS.serving,
		user: `system:node:${seat.nodeName}`,
		names: [seat.nodeName],
	});
	api.objects.set(path, await asked);
	const stop = startClusterKeeper({
		coordinatorId: "c-1",
		core,
		clock,
		pki,
		access: ownAccess({ core, clock, pki }),
		log: pino({ level: "silent" }),
		summarize: () => undefined,
		render: renderTarget,
		certificateSeconds: 7200,
	});
	t.teardown(stop);
	await eventually("the add-ons", () => {
		if (events.some(({ type }) => type === "add-ons-applied")) return true;
		throw new Error(`${JSON.stringify(events)}; ${api.requests.join(", ")}`);
	});
	t.true(api.objects.has("/apis/apps/v1/namespaces/kube-system/deployments/coredns"));
	t.like(fleet.kubernetes, { ready: true });
	const served = await eventually("the node's own request to be signed", () => certificateIn(api.objects.get(path)));
	t.is(served.subject, `O=system:nodes\nCN=system:node:${seat.nodeName}`);
	t.true(served.checkIssued(new X509Certificate(pair.ca)));
	t.true(served.validToDate.getTime() < Date.now() + 7_300_000);
	const issued = events.filter((event) => event.type === "operator-certificate-issued");
	t.is(issued.length, 2);
	t.like(issued[1], { by: `system:node:${seat.nodeName}`, certificate: { name: "kubelet-serving-request" } });
	t.like(issued[0], { by: "coordinator", certificate: { name: "coordinator", signer: "cluster" } });
	t.true(
		events.findIndex(({ type }) => type === "api-changed") >
			events.findIndex(({ type }) => type === "operator-certificate-issued"),
	);
	const listed = certificateList(fleet, Date.now()).filter(({ by }) => by === "coordinator");
	t.like(listed, [{ by: "coordinator", subject: "O=system:masters, CN=rollcall:coordinator", state: "valid" }]);
});
