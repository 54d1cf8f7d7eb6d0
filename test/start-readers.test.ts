import { HelloReply } from "@rollcall/protocol";
import test from "ava";
import { bundled, countingSchemas } from "./support/late-bundle.ts";

/** A target with all that one can have, as a coordinator answers with it. */
const REPLY = {
	kind: "target",
	target: {
		machineId: "box-1",
		generation: 3,
		digest: `sha256:${"a".repeat(64)}`,
		content: {
			cluster: "rack",
			slot: "workers",
			role: "worker",
			nodeName: "worker-1",
			files: [
				{ path: "/etc/one", mode: "0644", content: "1" },
				{ path: "/etc/two", mode: "0600", encoding: "base64", content: "Mg==", sensitive: true },
			],
			units: [{ name: "one.service" }, { name: "two.service", restartOn: ["/etc/two"] }],
			probes: [
				{ component: "kubelet", kind: "http", port: 10248, path: "/healthz", scheme: "https", timeoutSeconds: 4 },
				{ component: "etcd", kind: "tcp", port: 2379 },
				{ component: "one", kind: "unit", unit: "one.service" },
				{ component: "two", kind: "file", path: "/etc/two", deadlineSeconds: 9 },
				{ component: "routes", kind: "routes", intervalSeconds: 7 },
			],
			artifacts: [
				{
					path: "/opt/one",
					mode: "0755",
					sha256: `sha256:${"b".repeat(64)}`,
					sizeBytes: 12,
					urls: ["http://192.0.2.1/one", "https://[2001:db8::1]:8080/one?x=y"],
					unpack: [{ member: "one", path: "/opt/one.d/one", mode: "0755" }],
					encrypted: { secret: "key", sha256: `sha256:${"c".repeat(64)}`, sizeBytes: 3 },
				},
			],
			certificates: [
				{
					name: "node",
					certificate: "/etc/node.crt",
					key: "/etc/node.key",
					subject: {
						signer: "cluster",
						commonName: "node",
						organizations: ["nodes"],
						names: ["node"],
						addresses: ["192.0.2.7", "2001:db8::7"],
						usages: ["client", "server"],
					},
					authority: `sha256:${"d".repeat(64)}`,
				},
			],
			secrets: [{ name: "key", path: "/etc/key", mode: "0600", revision: `sha256:${"e".repeat(64)}` }],
			deadlineSeconds: 60,
		},
	},
	proof: {
		assignment: {
			machineId: "box-1",
			bootId: "00000000-0000-4000-8000-000000000001",
			publicKey: `U${"A".repeat(55)}`,
			labels: { "example.org/rack": "r1", zone: "" },
			cluster: "rack",
			slot: "workers",
			seat: 0,
			role: "worker",
			nodeName: "worker-1",
			pinned: false,
			generation: 3,
			digest: `sha256:${"a".repeat(64)}`,
			podNetworks: ["10.254.3.0/24"],
		},
		signer: `O${"A".repeat(55)}`,
		signature: "c2lnbmVk",
	},
	certificates: "renew",
	time: {
		path: "/run/systemd/timesyncd.conf.d/50-rollcall.conf",
		content: "[Time]\n",
		unit: "systemd-timesyncd.service",
	},
	jwt: "a.b.c",
	signers: [`U${"B".repeat(55)}`],
};

const OTHERS = [
	undefined,
	null,
	true,
	-1,
	1.5,
	2 ** 60,
	"",
	"a/../b",
	"x".repeat(3000),
	[],
	[null],
	{},
	{ kind: "http" },
	new Array(300).fill("a"),
];

/** The value with one thing changed: each field and item taken out, replaced by others, or beside one that nobody knows. */
function* changed(value: unknown): Generator<unknown> {
	yield* OTHERS;
	if (typeof value !== "object" || value === null) return;
	if (Array.isArray(value)) {
		for (const [index, item] of value.entries()) {
			for (const other of changed(item)) yield value.with(index, other);
			yield value.toSpliced(index, 1);
		}
		return;
	}
	yield { ...value, other: 1 };
	for (const [name, field] of Object.entries(value)) {
		for (const other of changed(field)) yield { ...value, [name]: other };
		const { [name]: _, ...rest } = value as Record<string, unknown>;
		yield rest;
	}
}

const late = (await bundled("packages/protocol/src/messages.ts")).exports as { readonly HelloReply: typeof HelloReply };

test("what a start reads is read without making a schema", (t) => {
	const { result, made } = countingSchemas(() => late.HelloReply.safeParse(REPLY));
	t.deepEqual(result, { success: true, data: HelloReply.parse(REPLY) });
	t.is(made, 0);
});

test("without a schema the same is taken, and the same refused with the same words", (t) => {
	let [taken, refused] = [0, 0];
	for (const value of changed(REPLY)) {
		const schema = HelloReply.safeParse(value);
		const read = countingSchemas(() => late.HelloReply.safeParse(value)).result;
		t.deepEqual(read.data, schema.data);
		t.deepEqual(read.error?.issues, schema.error?.issues);
		if (schema.success) taken++;
		else refused++;
	}
	t.true(taken > 10, `${taken} were taken`);
	t.true(refused > 1000, `${refused} were refused`);
});
