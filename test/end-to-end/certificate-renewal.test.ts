import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeKeyring } from "@rollcall/agent";
import type { CertificateList, OperatorCertificate, RotateReply } from "@rollcall/protocol";
import { eventually } from "@rollcall/test-support/eventually";
import { stretchedSeconds } from "@rollcall/test-support/stretch";
import test from "ava";
import { startCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { createGate } from "../support/gate.ts";
import { allReady, startMachine, type TestMachine, unitStarts } from "../support/machine.ts";

const enter = createGate(1);
const PKI = "etc/kubernetes/pki";

function read(machine: TestMachine, path: string): string {
	return readFileSync(join(machine.root, path), "utf8");
}

function certificate(machine: TestMachine, name: string): X509Certificate {
	return new X509Certificate(read(machine, `${PKI}/${name}.crt`));
}

function authorities(machine: TestMachine): X509Certificate[] {
	const pems = read(machine, `${PKI}/ca.crt`).match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
	return pems.map((pem) => new X509Certificate(pem));
}

function newCertificate(machine: TestMachine, name: string, before: X509Certificate): Promise<X509Certificate> {
	return eventually(
		`a new ${name}`,
		async () => {
			const now = certificate(machine, name);
			return now.serialNumber === before.serialNumber ? undefined : now;
		},
		60_000,
	);
}

test("certificates are renewed before they end, with the same keys, without a new target and without a restart", async (t) => {
	const leave = await enter();
	t.teardown(leave);
	const coordinator = await startCoordinator(t, { certificateSeconds: stretchedSeconds(12) });
	const machine = await startMachine(t, coordinator, { name: "renewing" });
	const [view] = await allReady(coordinator, 1, 60_000);
	const before = certificate(machine, "scheduler");
	const key = read(machine, `${PKI}/scheduler.key`);
	const starts = await unitStarts(machine);
	const after = await newCertificate(machine, "scheduler", before);
	t.true(after.validToDate.getTime() > before.validToDate.getTime());
	t.is(read(machine, `${PKI}/scheduler.key`), key);
	t.true(after.checkPrivateKey(createPrivateKey(key)));
	t.deepEqual(await unitStarts(machine), starts);
	const [now] = await allReady(coordinator, 1, 60_000);
	t.is(now?.generation, view?.generation);
});

async function rotate(coordinator: TestCoordinator): Promise<RotateReply["done"]> {
	const { done } = await eventually("the next step", async () => {
		const { status, body } = await coordinator.request("POST", "/v1/certificates/rotate", {});
		if (status === 200) return body as RotateReply;
		if (status !== 409) throw new Error(JSON.stringify(body));
		return undefined;
	});
	return done;
}

test("authorities change over in three steps, and at each of them everybody believes everybody", async (t) => {
	const leave = await enter();
	t.teardown(leave);
	const coordinator = await startCoordinator(t);
	const machines = [
		await startMachine(t, coordinator, { name: "rotating-1" }),
		await startMachine(t, coordinator, { name: "rotating-2" }),
	];
	await allReady(coordinator, 2, 60_000);
	const controlPlane = machines.find((machine) => hasFile(machine, `${PKI}/apiserver.crt`));
	if (!controlPlane) return t.fail("no control plane");
	const [old] = authorities(controlPlane);
	const key = read(controlPlane, `${PKI}/apiserver.key`);
	if (!old) return t.fail("no authority");

	t.is(await rotate(coordinator), "prepare");
	await eventually(
		"both are believed",
		async () => machines.every((machine) => authorities(machine).length === 2) || undefined,
		60_000,
	);
	t.is(authorities(controlPlane)[0]?.fingerprint256, old.fingerprint256);
	t.true(certificate(controlPlane, "apiserver").verify(old.publicKey));

	t.is(await rotate(coordinator), "sign");
	await eventually(
		"the new one signs",
		async () =>
			machines.every((machine) => authorities(machine)[0]?.fingerprint256 !== old.fingerprint256) || undefined,
		60_000,
	);
	const [fresh] = authorities(controlPlane);
	if (!fresh) return t.fail("no new authority");
	t.true(certificate(controlPlane, "apiserver").verify(fresh.publicKey));
	t.is(read(controlPlane, `${PKI}/apiserver.key`), key);

	t.is(await rotate(coordinator), "finish");
	await eventually(
		"only the new one is believed",
		async () => machines.every((machine) => authorities(machine).length === 1) || undefined,
		60_000,
	);
	t.is(authorities(controlPlane)[0]?.fingerprint256, fresh.fingerprint256);
	await allReady(coordinator, 2, 60_000);
	const { certificates } = await coordinator.call<CertificateList>("GET", "/v1/certificates");
	t.deepEqual([...new Set(certificates.map(({ state }) => state))].sort(), ["signing", "valid"]);

	// What is signed for people is signed by the new one, and a coordinator that lost its log finds it beside its keys.
	const request = nodeKeyring.request(nodeKeyring.makeKey());
	const given = await coordinator.call<OperatorCertificate>("POST", "/v1/certificates", {
		request,
		expiresInSeconds: 60,
	});
	t.true(new X509Certificate(given.certificate).verify(fresh.publicKey));
	t.is(given.server, `https://${new URL(given.server).hostname}:6443`);
	const kept = JSON.parse(readFileSync(join(coordinator.dataFolder, "keys/authorities/trust.json"), "utf8")) as {
		authorities: { cluster: { certificates: { pem: string }[] } };
	};
	t.deepEqual(
		kept.authorities.cluster.certificates.map(({ pem }) => new X509Certificate(pem).fingerprint256),
		[fresh.fingerprint256],
	);
});

function hasFile(machine: TestMachine, path: string): boolean {
	try {
		return read(machine, path) !== "";
	} catch {
		return false;
	}
}
