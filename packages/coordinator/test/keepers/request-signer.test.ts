import { X509Certificate } from "node:crypto";
import type { Event } from "@rollcall/protocol";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { createKubernetes } from "../../src/adapters/kubernetes/kubernetes.ts";
import { createPki } from "../../src/adapters/pki/pki.ts";
import { readSigningRequest } from "../../src/adapters/pki/signing-request.ts";
import { admit } from "../../src/domain/admit.ts";
import { SIGNERS } from "../../src/domain/certificates/signing-requests.ts";
import type { Fleet } from "../../src/domain/fleet.ts";
import type { Input } from "../../src/domain/inputs.ts";
import { record } from "../../src/domain/record.ts";
import { RequestSigner } from "../../src/keepers/request-signer.ts";
import { knownNode } from "../../src/render/known-node.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { startFakeApiServer } from "../adapters/kubernetes/fake-api-server.ts";
import {
	type AskedFor,
	certificateIn,
	conditionsIn,
	signingRequest,
} from "../adapters/kubernetes/fake-signing-request.ts";
import { fleetOf, labFacts } from "../render/fleet-of.ts";
import { document } from "./kept-cluster.ts";

const PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

/** A fleet with one control plane, node-0 with 192.168.1.10, and the API of its cluster. */
async function scene(t: ExecutionContext) {
	const api = await startFakeApiServer(t);
	const kubernetes = createKubernetes(api.access);
	t.teardown(() => kubernetes.close());
	const pki = createPki(ownFolder(t), { wall: () => Date.now() });
	const trust = await pki.trust();
	const { fleet: made, seated } = fleetOf(document("flannel"), [labFacts(0)]);
	const names = seated.reduce((all, { machine, seat }) => all.set(seat.nodeName, machine.machineId), made.nodeNames);
	const world = { fleet: { ...made, seq: 1, trust: { trust, seq: 1 }, nodeNames: names } as Fleet, at: 0 };
	const events: Event[] = [];
	const troubles: string[] = [];
	const signer = new RequestSigner({
		core: {
			fleet: () => world.fleet,
			submit: async (input: Input) => {
				const { events: drafts, answer } = admit(world.fleet, input, 1);
				const recorded = record(world.fleet, drafts, 1);
				world.fleet = recorded.fleet;
				events.push(...recorded.events);
				return answer;
			},
		},
		clock: { monotonic: () => world.at },
		read: readSigningRequest,
		node: (fleet, name) => knownNode({ fleet, render: renderTarget, at: 1 }, name),
		sign: (fleet, { expiresInSeconds = 3600, ...order }) => {
			const { cluster } = fleet.trust?.trust.authorities ?? trust.authorities;
			return pki.certify(trust, {
				...order,
				authority: cluster.signing,
				keys: "common",
				lifeSeconds: expiresInSeconds,
			});
		},
		onTrouble: (what, error) => troubles.push(`${what}: ${(error as Error).message}`),
	});
	const put = async (name: string, asked?: AskedFor) =>
		api.objects.set(`${PATH}/${name}`, await signingRequest(name, asked));
	const of = (name: string) => api.objects.get(`${PATH}/${name}`);
	const authority = new X509Certificate(trust.authorities.cluster.certificates[0]?.pem ?? "");
	return { api, world, events, troubles, put, of, authority, look: () => signer.look(kubernetes) };
}

test("a kubelet gets certificates for itself, with its own names and addresses, and each is recorded before it goes out", async (t) => {
	const { put, of, look, events, authority, api } = await scene(t);
	await put("client");
	await put("serving", { signer: SIGNERS.serving, names: ["NODE-0"], addresses: ["192.168.1.10"], rsa: 2048 });
	await look();
	const [client, serving] = [certificateIn(of("client")), certificateIn(of("serving"))];
	t.is(client?.subject, "O=system:nodes\nCN=system:node:node-0");
	t.is(client?.subjectAltName, undefined);
	t.is(serving?.subjectAltName, "DNS:NODE-0, IP Address:192.168.1.10");
	for (const one of [client, serving]) {
		t.true(one?.checkIssued(authority));
		t.true(one?.verify(authority.publicKey));
		t.false(one?.ca);
	}
	t.deepEqual(client?.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
	t.deepEqual(serving?.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
	t.like(events, [
		{ type: "operator-certificate-issued", by: "system:node:node-0", certificate: { name: "kubelet-client-request" } },
		{ certificate: { name: "kubelet-serving-request" } },
	]);
	// What is answered is not looked at again.
	const before = api.requests.length;
	await look();
	t.deepEqual(api.requests.slice(before), [`GET ${PATH}`]);
});

const NODE = "system:node:node-0";
const REFUSED: readonly (readonly [string, AskedFor, RegExp])[] = [
	["a node that no machine has", { user: "system:node:node-7" }, /no machine of the fleet has the node name node-7/],
	[
		"another node",
		{ user: "system:node:node-7", subject: [{ O: ["system:nodes"] }, { CN: [NODE] }] },
		/for itself alone/,
	],
	[
		"a node, by somebody who is none",
		{ user: "student", subject: [{ O: ["system:nodes"] }, { CN: [NODE] }] },
		/for itself alone/,
	],
	["a node, by a user of that name who is none", { groups: ["system:authenticated"] }, /for itself alone/],
	["masters", { subject: [{ O: ["system:nodes"] }, { O: ["system:masters"] }, { CN: [NODE] }] }, /must be CN=/],
	[
		"two organizations in one part",
		{ subject: [{ O: ["system:nodes", "system:masters"] }, { CN: [NODE] }] },
		/must be CN=/,
	],
	["no organization", { subject: [{ CN: [NODE] }] }, /must be CN=/],
	["two names", { subject: [{ O: ["system:nodes"] }, { CN: [NODE] }, { CN: ["admin"] }] }, /exactly one CN/],
	["an attribute more", { subject: [{ O: ["system:nodes"] }, { OU: ["x"] }, { CN: [NODE] }] }, /only CN and O/],
	["a name of its own in a client's certificate", { names: ["node-0"] }, /names no host/],
	[
		"a server's usage from a client's signer",
		{ usages: ["digital signature", "client auth", "server auth"] },
		/must not have server auth/,
	],
	["the usage to sign", { usages: ["client auth", "cert sign"] }, /must not have cert sign/],
	["no usage", { usages: ["digital signature"] }, /lacks client auth/],
	["no name to serve", { signer: SIGNERS.serving }, /no DNS name and no address/],
	[
		"a foreign name",
		{ signer: SIGNERS.serving, names: ["node-0", "kubernetes"] },
		/kubernetes is no name or address of node node-0/,
	],
	["every name", { signer: SIGNERS.serving, names: ["*"] }, /\* is no name/],
	["a foreign address", { signer: SIGNERS.serving, addresses: ["10.96.0.1"] }, /10\.96\.0\.1 is no name/],
	[
		"a URI",
		{ signer: SIGNERS.serving, names: ["node-0"], others: [{ type: "url", value: "spiffe://x" }] },
		/type url is not signed/,
	],
	[
		"a mail address",
		{ signer: SIGNERS.serving, names: ["node-0"], others: [{ type: "email", value: "a@b.example" }] },
		/type email is not/,
	],
	["a weak key", { rsa: 1024 }, /RSA key of 2048/],
	[
		"it is no request",
		{ pem: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n" },
		/not a certificate request/,
	],
	[
		"it is two requests",
		{ pem: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n".repeat(2) },
		/not one certificate request/,
	],
];
for (const [what, asked, reason] of REFUSED) {
	test(`a kubelet's request is denied with the reason: ${what}`, async (t) => {
		const { put, of, look, events } = await scene(t);
		await put("one", asked);
		await look();
		t.is(certificateIn(of("one")), undefined);
		const [denied = "", ...more] = conditionsIn(of("one"));
		t.regex(denied, /^Denied: /);
		t.regex(denied, reason);
		t.deepEqual([more, events], [[], []]);
	});
}

test("a person's request waits for a person's approval, and nobody's gives a reserved identity", async (t) => {
	const { put, of, look } = await scene(t);
	const ask = { signer: SIGNERS.client, user: "admin", groups: ["system:masters"] };
	const student = [{ O: ["class"] }, { CN: ["student"] }];
	await put("waits", { ...ask, subject: student });
	await put("approved", { ...ask, subject: student, approved: true, rsa: 2048, expirationSeconds: 600 });
	const reserved = ["system:masters", "system:nodes", "kubeadm:cluster-admins", "system:serviceaccounts"];
	for (const [index, O] of reserved.entries())
		await put(`group-${index}`, {
			...ask,
			user: `admin-${index}`,
			subject: [{ O: [O] }, { CN: ["x"] }],
			approved: true,
		});
	await put("kubelet-client", {
		...ask,
		user: "third",
		subject: [{ CN: ["kube-apiserver-kubelet-client"] }],
		approved: true,
	});
	await put("user", { ...ask, user: "other", subject: [{ CN: ["system:kube-controller-manager"] }], approved: true });
	await look();
	t.deepEqual(conditionsIn(of("waits")), []);
	const given = certificateIn(of("approved"));
	t.is(given?.subject, "O=class\nCN=student");
	t.true((given?.validToDate.getTime() ?? 0) < Date.now() + 601_000);
	for (const name of ["user", "kubelet-client", ...reserved.map((_, index) => `group-${index}`)]) {
		t.is(certificateIn(of(name)), undefined, name);
		t.regex(conditionsIn(of(name)).join(), /^Approved,Failed: .* is reserved/, name);
	}
	const legacy = { ...ask, signer: "kubernetes.io/legacy-unknown", subject: student, approved: true };
	await put("legacy", legacy);
	await look();
	t.deepEqual(conditionsIn(of("legacy")), ["Approved"]);
});

test("a request that somebody approved is signed for no node that the coordinator would not have approved", async (t) => {
	const { put, of, look } = await scene(t);
	await put("one", { user: "system:node:node-7", approved: true });
	await put("two", { signer: SIGNERS.serving, names: ["kubernetes.default.svc"], approved: true });
	await look();
	for (const name of ["one", "two"]) t.regex(conditionsIn(of(name)).join(), /^Approved,Failed: /);
});

test("a node whose machine is lost, or whose place is being decided, waits; one that lost its seat is refused", async (t) => {
	const { put, of, look, world } = await scene(t);
	const [machine] = world.fleet.machines.values();
	if (!machine?.seat) return t.fail("no machine");
	const change = (more: object) => {
		world.fleet = { ...world.fleet, machines: world.fleet.machines.set(machine.machineId, { ...machine, ...more }) };
	};
	await put("one");
	change({ lease: "lost" });
	await look();
	t.deepEqual(conditionsIn(of("one")), []);
	world.fleet = { ...world.fleet, nodeNames: world.fleet.nodeNames.clear(), recoverUntil: 2 };
	await look();
	t.deepEqual(conditionsIn(of("one")), []);
	world.fleet = { ...world.fleet, nodeNames: world.fleet.nodeNames.set("node-0", machine.machineId) };
	change({ seat: undefined });
	await look();
	t.regex(conditionsIn(of("one")).join(), /^Denied: no machine/);
});

test("a flood of one node is taken out of the API, and the others' requests are answered", async (t) => {
	const { put, of, look, world, api, events } = await scene(t);
	const flood = await signingRequest("flood");
	for (let index = 0; index < 500; index++) {
		const name = `a-${String(index).padStart(3, "0")}`;
		api.objects.set(`${PATH}/${name}`, { ...flood, metadata: { name } });
	}
	await put("student", { signer: SIGNERS.client, user: "admin", subject: [{ CN: ["student"] }], approved: true });
	const left = () => [...api.objects.keys()].filter((path) => path.startsWith(`${PATH}/a-`)).length;
	for (let round = 0; round < 30 && left() > 8; round++) await look();
	t.is(left(), 8);
	t.truthy(certificateIn(of("student")));
	t.is(events.length, 9);
	world.at = 3_600_001;
	await put("later");
	await look();
	await look();
	t.truthy(certificateIn(of("later")));
});

test("what changes or fails meanwhile is left for the next look, and keeps nobody else waiting", async (t) => {
	const { put, of, look, api, troubles } = await scene(t);
	await put("a-broken");
	await put("b");
	api.refuse = { match: /^PATCH .*a-broken\/approval$/, status: 500, message: "etcdserver: request timed out" };
	await look();
	t.deepEqual(troubles, [
		"CertificateSigningRequest a-broken could not be answered: CertificateSigningRequest a-broken: etcdserver: request timed out",
	]);
	t.truthy(certificateIn(of("b")));
	api.refuse = {
		match: /^GET .*certificatesigningrequests$/,
		status: 410,
		message: "The provided continue parameter is too old",
	};
	await look();
	t.is(troubles.length, 1);
	api.refuse = undefined;
	await look();
	t.truthy(certificateIn(of("a-broken")));
});
