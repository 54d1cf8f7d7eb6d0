import { X509Certificate } from "node:crypto";
import { createUser } from "@nats-io/nkeys";
import type { NatsConnection } from "@nats-io/transport-node";
import { nodeKeyring } from "@rollcall/agent";
import {
	type CertifyOrder,
	CertifyReply,
	certifyText,
	decode,
	type EnrollReply,
	encode,
	HelloReply,
	type MachineId,
	sealText,
	type Target,
	upSubject,
} from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { ON_THE_BUS, stretched } from "@rollcall/test-support/stretch";
import test, { type ExecutionContext } from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { connectAs, type Incarnation, join, joinInPlace, newIncarnation } from "../support/incarnation.ts";

interface Joined {
	readonly incarnation: Incarnation;
	readonly joined: EnrollReply;
	readonly connection: NatsConnection;
	readonly target: Target;
}

function withRoute(incarnation: Incarnation): Incarnation {
	return { ...incarnation, facts: { ...incarnation.facts, defaultRoute: { nic: "eth0", gateway: "10.146.0.1" } } };
}

/** A boot by hand that has got its target. `enter`: how it enrolls. */
async function newMachine(
	t: ExecutionContext,
	coordinator: TestCoordinator,
	incarnation = withRoute(newIncarnation()),
	enter = join,
): Promise<Joined> {
	const joined = await enter(coordinator, incarnation);
	const connection = await connectAs(t, incarnation, joined);
	const { facts, publicKey } = incarnation;
	const hello = { bootId: facts.bootId, publicKey, facts, generation: 0, renew: false };
	const target = await eventually("a target", async () => {
		const reply = await connection.request(upSubject(joined.machineId, "hello"), encode(hello), ON_THE_BUS);
		const read = decode(HelloReply, reply.data, "hello");
		return read.ok && read.value.kind === "target" ? read.value.target : undefined;
	});
	return { incarnation, joined, connection, target };
}

/** An order of the kubelet's certificate and no secret. `sealTo` is nobody's key unless the change says so. */
function orderOf({ incarnation, target }: Joined, change: Partial<CertifyOrder> = {}): CertifyOrder {
	return {
		bootId: incarnation.facts.bootId,
		generation: target.generation,
		digest: target.digest,
		certificates: [{ name: "kubelet-client", request: nodeKeyring.request(nodeKeyring.makeKey()) }],
		secrets: [],
		sealTo: Buffer.alloc(32, 9).toString("base64"),
		...change,
	};
}

/** Sends an order, signed with the machine's own key or with another. */
async function send(
	machine: Joined,
	order: CertifyOrder,
	as: { key?: Incarnation["key"]; machineId?: MachineId } = {},
): Promise<CertifyReply> {
	const { key = machine.incarnation.key, machineId = machine.joined.machineId } = as;
	const signature = Buffer.from(key.sign(new TextEncoder().encode(certifyText(order)))).toString("base64");
	const reply = await machine.connection.request(upSubject(machineId, "certify"), encode({ order, signature }), {
		timeout: stretched(5_000),
	});
	const read = decode(CertifyReply, reply.data, "certify");
	if (!read.ok) throw new Error(read.problem.message);
	return read.value;
}

async function codeOf(reply: Promise<CertifyReply>): Promise<string> {
	const answer = await reply;
	return answer.kind === "problem" ? answer.problem.code : answer.kind;
}

test("an order gets what the target names, and is recorded without keys", async (t) => {
	const coordinator = await startCoordinator(t);
	const machine = await newMachine(t, coordinator);
	const { certificates = [], secrets = [] } = machine.target.content;
	t.is(machine.target.content.role, "control-plane");
	const seal = await nodeKeyring.newSealKey();
	const another = await nodeKeyring.newSealKey();
	const order = orderOf(machine, {
		certificates: certificates.map(({ name }) => ({ name, request: nodeKeyring.request(nodeKeyring.makeKey()) })),
		secrets: secrets.map(({ name }) => name),
		sealTo: seal.publicKey,
	});
	const reply = await send(machine, order);
	if (reply.kind !== "certified") return t.fail(JSON.stringify(reply));
	t.deepEqual(
		reply.certificates.map(({ name }) => name),
		certificates.map(({ name }) => name),
	);
	const own = { machineId: machine.joined.machineId, bootId: machine.incarnation.facts.bootId };
	for (const { name, revision, sealed } of reply.secrets) {
		const info = sealText({ ...own, name, revision });
		t.regex(await seal.open(sealed, info), /PRIVATE KEY|EncryptionConfiguration/);
		await t.throwsAsync(seal.open(sealed, sealText({ ...own, machineId: "another", name, revision })));
		await t.throwsAsync(another.open(sealed, info));
	}
	t.is(reply.secrets.length, 2);
	t.notRegex(JSON.stringify(reply), /PRIVATE/);

	const list = await coordinator.call<{ certificates: { kind: string; serial?: string; machineId?: string }[] }>(
		"GET",
		"/v1/certificates",
	);
	const serials = reply.certificates.map(({ certificate }) =>
		new X509Certificate(certificate).serialNumber.toLowerCase(),
	);
	t.deepEqual(
		list.certificates.flatMap(({ kind, serial }) => (kind === "node" && serial ? [serial] : [])).sort(),
		serials.sort(),
	);
	t.is(list.certificates.filter(({ kind }) => kind === "authority").length, 3);
	const events = (await coordinator.events()).filter(({ type }) => type === "certificates-issued");
	t.is(events.length, 1);
});

test("orders of the wrong key, boot or target, and for what the target does not name, are refused and leave no record", async (t) => {
	const coordinator = await startCoordinator(t);
	const machine = await newMachine(t, coordinator);
	const other = await newMachine(t, coordinator);
	t.is(other.target.content.role, "worker");
	const order = orderOf(machine);
	t.is(await codeOf(send(machine, order, { key: createUser() })), "forbidden");
	t.is(await codeOf(send(machine, order, { key: other.incarnation.key })), "forbidden");
	t.is(await codeOf(send(machine, orderOf(machine, { generation: machine.target.generation + 1 }))), "conflict");
	t.is(await codeOf(send(machine, orderOf(machine, { digest: other.target.digest }))), "conflict");
	t.is(await codeOf(send(machine, orderOf(machine, { bootId: other.incarnation.facts.bootId }))), "unknown-machine");
	const request = nodeKeyring.request(nodeKeyring.makeKey());
	const twice = [
		{ name: "kubelet-client", request },
		{ name: "kubelet-client", request },
	];
	for (const certificates of [[{ name: "root", request }], [{ name: "admins", request }], twice])
		t.is(await codeOf(send(machine, orderOf(machine, { certificates }))), "forbidden");
	// What a control plane may ask for, a worker may not.
	t.is(await codeOf(send(other, orderOf(other, { certificates: [{ name: "super-admin", request }] }))), "forbidden");
	t.is(await codeOf(send(other, orderOf(other, { secrets: ["service-account-key"] }))), "forbidden");
	// Nobody gets an authority's key, by whatever name it is asked for.
	for (const name of ["cluster-authority-key", "front-proxy-authority-key", "etcd-authority-key"])
		t.is(await codeOf(send(machine, orderOf(machine, { secrets: [name] }))), "forbidden");
	t.is(
		await codeOf(send(machine, orderOf(machine, { certificates: [{ name: "kubelet-client", request: "AAAA" }] }))),
		"bad-request",
	);
	t.is(
		await codeOf(send(machine, orderOf(machine, { secrets: ["service-account-key"], sealTo: "AAAA" }))),
		"bad-request",
	);
	// Under somebody else's name nothing even arrives.
	await t.throwsAsync(send(machine, order, { machineId: other.joined.machineId }));
	t.false((await coordinator.events()).some(({ type }) => type === "certificates-issued"));
});

test("an order whose answer was lost is answered again: the same key is certified, and the same secrets are sealed", async (t) => {
	const machine = await newMachine(t, await startCoordinator(t));
	const seal = await nodeKeyring.newSealKey();
	const secrets = (machine.target.content.secrets ?? []).map(({ name }) => name);
	const order = orderOf(machine, { secrets, sealTo: seal.publicKey });
	const opened = async () => {
		const reply = await send(machine, order);
		if (reply.kind !== "certified") throw new Error(JSON.stringify(reply));
		const own = { machineId: machine.joined.machineId, bootId: machine.incarnation.facts.bootId };
		const texts = reply.secrets.map(({ name, revision, sealed }) =>
			seal.open(sealed, sealText({ ...own, name, revision })),
		);
		const keys = reply.certificates.map(({ certificate }) => new X509Certificate(certificate).publicKey);
		return { keys: keys.map((key) => key.export({ type: "spki", format: "pem" })), secrets: await Promise.all(texts) };
	};
	const first = await opened();
	t.is(first.secrets.length, secrets.length);
	t.deepEqual(await opened(), first);
});

test("a boot that is over gets no certificate any more", async (t) => {
	const coordinator = await startCoordinator(t);
	const machine = await newMachine(t, coordinator);
	t.is(await codeOf(send(machine, orderOf(machine))), "certified");
	const { uuid = "" } = machine.incarnation.facts.smbios;
	const next = withRoute(newIncarnation({ uuid, mac: machine.incarnation.facts.nics[0]?.mac ?? "" }));
	const again = await newMachine(t, coordinator, next, joinInPlace);
	t.is(again.joined.machineId, machine.joined.machineId);
	// Its credentials end; should it still reach the bus, it is fenced.
	const late = await send(machine, orderOf(machine)).then(
		(reply) => reply.kind,
		() => "cut off",
	);
	t.true(["cut off", "fenced"].includes(late), late);
	t.is(await codeOf(send(again, orderOf(machine))), "fenced");
	t.is(await codeOf(send(again, orderOf(again))), "certified");
	const { certificates } = await coordinator.call<{ certificates: { bootId?: string }[] }>("GET", "/v1/certificates");
	t.deepEqual([...new Set(certificates.flatMap(({ bootId }) => bootId ?? []))], [next.facts.bootId]);
});
