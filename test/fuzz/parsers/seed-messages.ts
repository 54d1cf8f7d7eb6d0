import { readFileSync } from "node:fs";

/** Good messages of each kind, to be spoilt. */
const facts: unknown = JSON.parse(
	readFileSync(new URL("../../../deploy/examples/facts.json", import.meta.url), "utf8"),
);
const bootId = "5f2d1c3a-8b64-4e0f-9a57-1d2e3f405162";
const publicKey = `U${"A".repeat(55)}`;
const digest = `sha256:${"0a".repeat(32)}`;
const memory = { memberId: "9372538179322589801", clusterId: "17237436991929493444", bootId };
const assignment = {
	machineId: "m-4c4c4544",
	bootId,
	publicKey,
	labels: { "lab.example/room": "1", rack: "" },
	cluster: "lab",
	slot: "worker",
	seat: 3,
	role: "worker",
	nodeName: "pc-7",
	pinned: false,
	generation: 7,
	digest,
	assignedAt: 1_795_863_737_428,
	podNetworks: { ipv4: "10.254.3.0/24" },
};
const proof = { assignment, signer: publicKey, signature: "c2lnbmF0dXJl" };
const problem = {
	code: "conflict",
	message: "it is held",
	next: "wait",
	path: "a.b",
	details: [{ path: "a", message: "b" }],
};
const fenced = { kind: "fenced", reason: "a newer boot is live" };
const refusal = { kind: "problem", problem };
const time = { path: "/etc/chrony/sources.d/rollcall.sources", content: "server 192.0.2.1\n", unit: "chrony.service" };
const probe = { component: "kubelet", deadlineSeconds: 60, intervalSeconds: 5, timeoutSeconds: 2 };
const content = {
	cluster: "lab",
	slot: "worker",
	role: "worker",
	nodeName: "pc-7",
	files: [
		{ path: "/etc/kubernetes/a.yaml", mode: "0600", encoding: "utf8", content: "a: 1\n", sensitive: true },
		{ path: "/etc/b", mode: "0644", encoding: "base64", content: "AAEC" },
	],
	units: [{ name: "kubelet.service", restartOn: ["/etc/kubernetes/a.yaml"] }],
	probes: [
		{ kind: "http", ...probe, port: 10248, path: "/healthz", scheme: "http" },
		{ kind: "unit", ...probe, unit: "kubelet.service" },
		{ kind: "routes", ...probe },
	],
	artifacts: [
		{
			path: "/opt/rollcall/cni.tgz",
			mode: "0644",
			sha256: digest,
			sizeBytes: 512,
			urls: ["http://192.0.2.1/assets/cni.tgz"],
			unpack: [{ member: "bridge", path: "/opt/cni/bin/bridge", mode: "0755" }],
		},
	],
	memory: { holds: { unit: "var-lib-etcd.mount", path: "/var/lib/etcd" } },
	deadlineSeconds: 600,
};
const target = { machineId: "m-4c4c4544", generation: 7, digest, content };

const enrollment = { publicKey, facts, wall: 1_795_863_737_428, nonce: "n".repeat(22), signature: "c2ln" };
export const ENROLLMENTS: readonly unknown[] = [
	{ token: "rc_abc", ...enrollment },
	{ proof, ...enrollment },
];
export const ENROLL_REPLIES: readonly unknown[] = [
	{
		machineId: "m-1",
		jwt: "eyJ0.eyJ1.c2ln",
		servers: ["tls://192.0.2.1:4222"],
		signers: [publicKey],
		signature: "c2ln",
		expiresInSeconds: 86_400,
	},
];
export const HELLOS: readonly unknown[] = [
	{ bootId, publicKey, facts, generation: 0, renew: true },
	{ bootId, publicKey, facts, generation: 7, digest, proof, memory, renew: false },
];
export const HELLO_REPLIES: readonly unknown[] = [
	{ kind: "target", target, proof, certificates: "renew", time, jwt: "eyJ0.eyJ1.c2ln", signers: [publicKey] },
	{ kind: "wait", reason: "nobody approved it", time },
	fenced,
	refusal,
];
export const BEATS: readonly unknown[] = [{ bootId, generation: 7, health: digest, wall: 1_795_863_737_428 }];
const health = [{ component: "kubelet", healthy: false, reason: "connection refused" }];
export const REPORTS: readonly unknown[] = [
	{ bootId, sequence: 1, generation: 7, progress: { state: "applied" }, health, memory },
	{
		bootId,
		sequence: 2,
		generation: 7,
		progress: { state: "rejected", reason: "no", step: "units", unit: "a.service" },
		health: [],
		memory: null,
	},
];
export const REPORT_REPLIES: readonly unknown[] = [{ kind: "ok" }, fenced, refusal];
const order = {
	bootId,
	generation: 7,
	digest,
	certificates: [{ name: "kubelet-client", request: "MIIB" }],
	secrets: ["sa-key"],
	sealTo: "A".repeat(43).concat("="),
};
export const CERTIFIES: readonly unknown[] = [{ order, signature: "AAAA" }];
export const CERTIFY_REPLIES: readonly unknown[] = [
	{
		kind: "certified",
		certificates: [
			{
				name: "kubelet-client",
				certificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
				expiresInSeconds: 3600,
			},
		],
		secrets: [{ name: "sa-key", revision: digest, sealed: { encapsulated: "AAAA", ciphertext: "AAAA" } }],
	},
	fenced,
	refusal,
];
const route = { nodeName: "pc-7", networks: ["10.254.3.0/24"], via: ["192.0.2.7"] };
export const ROUTES_REQUESTS: readonly unknown[] = [{ bootId }, { bootId, have: digest }];
export const ROUTES_REPLIES: readonly unknown[] = [
	{ kind: "table", digest, routes: [route] },
	{ kind: "table", digest, routes: [] },
	{ kind: "changes", digest, set: [route], gone: ["pc-8"] },
	fenced,
];
export const BYES: readonly unknown[] = [{ bootId }];
export const NOTICES: readonly unknown[] = [{ generation: 7 }, { generation: 7, routes: digest }];
export const COMMANDS: readonly unknown[] = [
	{ kind: "ping", bootId },
	{ kind: "logs", bootId, unit: "kubelet.service", lines: 100, sinceSeconds: 60, cursor: "s=1;i=2" },
	{ kind: "reboot", bootId, commandId: "c-1" },
	{ kind: "reset", bootId, commandId: "c-2", forgets: [memory] },
];
export const COMMAND_REPLIES: readonly unknown[] = [
	{ kind: "pong", bootId, generation: 7, uptimeSeconds: 12.5 },
	{ kind: "logs", lines: ["a", "b"], cursor: "s=1" },
	{ kind: "accepted" },
	refusal,
];
export const FRAMES: readonly unknown[] = [
	{ kind: "caught-up", seq: 12 },
	{
		kind: "event",
		text: "m-1 is lost",
		event: { type: "log-started", recovering: false, recoverUntil: 1, seq: 1, at: 1 },
	},
	{
		kind: "event",
		text: "x",
		event: { type: "lease-changed", machineId: "m-1", bootId, state: "lost", reason: "silent", seq: 3, at: 5 },
	},
];
