import { isIP } from "node:net";
import { TargetContent, WRITE_ROOTS } from "@rollcall/protocol";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { stringify } from "yaml";
import { parseDocument } from "../../src/document/parse-document.ts";
import { SECRET_NAMES } from "../../src/render/certificates.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { anyDocument, anyFacts } from "../document/any-document.ts";
import { NODE_TREES } from "./cis/rule.ts";
import { documentOf, example, fleetOf, labFacts } from "./fleet-of.ts";

/** Paths of keys and certificates, as manifests, kubeconfigs and configurations name them. */
const NAMED =
	/\/(?:etc\/kubernetes\/(?:pki|encryption)|var\/lib\/kubelet\/pki)\/[A-Za-z0-9./-]+\.(?:crt|key|pub|pem|yaml)/g;

/** All paths that a target fills by certificates, keys and secrets, and those of public files beside them. */
function provided(content: TargetContent): string[] {
	const pairs = (content.certificates ?? []).flatMap(({ certificate, key }) => [certificate, key]);
	return [...pairs, ...(content.secrets ?? []).map(({ path }) => path), ...content.files.map(({ path }) => path)];
}

function check(
	t: { deepEqual(a: unknown, b: unknown, message?: string): void; true(value: boolean, message?: string): void },
	content: TargetContent,
): void {
	const there = new Set(provided(content));
	const named = new Set(content.files.flatMap((file) => file.content.match(NAMED) ?? []));
	t.deepEqual(
		[...named].filter((path) => !there.has(path)),
		[],
		"a file is named that nothing fills",
	);
	const { certificates = [], secrets = [] } = content;
	const keys = [...certificates.map(({ key }) => key), ...secrets.map(({ path }) => path)];
	t.deepEqual(
		keys.filter((path) => !named.has(path)),
		[],
		"a key is made that nothing uses",
	);
	t.deepEqual([...new Set(certificates.map(({ name }) => name))].length, certificates.length, "a name is there twice");
	t.deepEqual([...new Set(keys)].length, keys.length, "a key is there twice");
	t.true([...there].every((path) => WRITE_ROOTS.some((root) => path.startsWith(`${root}/`))));
	t.true(secrets.every(({ name }) => SECRET_NAMES.some((one) => one === name)));
	for (const { subject, name } of certificates) {
		t.true(subject.names.every((one) => isIP(one) === 0) && subject.addresses.every((one) => isIP(one) > 0), name);
		t.true(subject.usages.includes("server") === subject.names.length > 0, `${name}: names are for servers`);
		if (!subject.usages.includes("server")) continue;
		t.true(subject.names.includes(content.nodeName), name);
	}
	// No key and no secret is ever in a target.
	t.true(!/PRIVATE KEY/.test(JSON.stringify(content)));
}

for (const [role, { content }] of Object.entries(NODE_TREES))
	test(`every key and certificate that the files of the role ${role} name is asked for, and no other`, (t) => {
		check(t, content);
	});

test("so it is for any document and machine", (t) => {
	let rendered = 0;
	fc.assert(
		fc.property(anyDocument, fc.array(anyFacts, { minLength: 1, maxLength: 5 }), (document, facts) => {
			const parsed = parseDocument(stringify(document));
			if (!parsed.ok) return;
			const { fleet, seated } = fleetOf(
				parsed.document,
				facts.map((one, index) => labFacts(index, one)),
			);
			for (const { machine, seat } of seated) {
				const one = renderTarget(fleet, machine, seat);
				if (!one.ok || one.content.certificates === undefined) continue;
				rendered++;
				check(t, TargetContent.parse(one.content));
			}
		}),
		{ numRuns: 1_500 },
	);
	t.true(rendered > 20, `only ${rendered} targets were rendered`);
});

test("only a worker's own identity is asked for by a worker, and nothing of the cluster's keys", (t) => {
	const { certificates = [], secrets } = NODE_TREES.worker.content;
	t.deepEqual(secrets, []);
	const subjects = certificates.map(({ subject }) => subject);
	t.deepEqual(
		subjects.filter(({ organizations }) => organizations.some((one) => one !== "system:nodes")),
		[],
	);
	t.true(subjects.every(({ signer }) => signer === "cluster"));
	const { nodeName } = NODE_TREES.worker.content;
	for (const { commonName } of subjects)
		t.true([`system:node:${nodeName}`, "system:kube-proxy", "system:flannel"].includes(commonName), commonName);
});

test("the API server is known by kubeadm's names, the service's address, and what the document adds", (t) => {
	const document = documentOf(`apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
networks: { pods: 10.254.0.0/16, services: 10.253.0.0/16, dnsDomain: lab.example }
controlPlane: { endpoint: API.lab.example, certificateNames: [192.0.2.99, "2001:db8:0::1"] }
slots:
  - { name: control, role: control-plane, count: 1 }
`);
	const { fleet, seated } = fleetOf(document, [labFacts(0)]);
	const [place] = seated;
	const rendered = place && renderTarget(fleet, place.machine, place.seat);
	if (!rendered?.ok) return t.fail(rendered?.reason);
	const subject = rendered.content.certificates?.find(({ name }) => name === "apiserver")?.subject;
	t.deepEqual([...(subject?.names ?? [])].sort(), [
		"api.lab.example",
		"kubernetes",
		"kubernetes.default",
		"kubernetes.default.svc",
		"kubernetes.default.svc.lab.example",
		"localhost",
		"node-0",
	]);
	t.deepEqual([...(subject?.addresses ?? [])].sort(), [
		"10.253.0.1",
		"127.0.0.1",
		"192.0.2.99",
		"192.168.1.10",
		"2001:db8::1",
	]);
});

test("the certificates of a control plane whose slot is not declared any more are the same, as long as it has its seat", (t) => {
	const { fleet, seated } = fleetOf(example("three-nodes"), [labFacts(0)]);
	const [place] = seated;
	if (!place) return t.fail();
	const before = renderTarget(fleet, place.machine, place.seat);
	const kept = renderTarget(fleet, place.machine, { ...place.seat, slot: "renamed" });
	t.true(before.ok && (before.content.certificates ?? []).length > 5);
	t.deepEqual(kept.ok && kept.content.certificates, before.ok && before.content.certificates);
	t.deepEqual(kept.ok && kept.content.secrets, before.ok && before.content.secrets);
});
