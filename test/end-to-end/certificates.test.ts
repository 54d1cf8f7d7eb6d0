import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type CertificateRequest, Target, type TargetContent } from "@rollcall/protocol";
import test from "ava";
import { startCoordinator } from "../support/coordinator.ts";
import { startExternalNats } from "../support/external-nats.ts";
import { allReady, startMachine, type TestMachine } from "../support/machine.ts";

/** The target that a machine runs, as its agent keeps it. */
function runs(machine: TestMachine): TargetContent {
	const kept = JSON.parse(readFileSync(join(machine.root, "run/rollcall/state/good.json"), "utf8")) as {
		target: unknown;
	};
	return Target.parse(kept.target).content;
}

const SIGNER_FILES = {
	cluster: "/etc/kubernetes/pki/ca.crt",
	"front-proxy": "/etc/kubernetes/pki/front-proxy-ca.crt",
	etcd: "/etc/kubernetes/pki/etcd/ca.crt",
} as const;

function read(machine: TestMachine, path: string): string {
	return readFileSync(join(machine.root, path), "utf8");
}

/** The private key in a file that may hold a certificate too. */
function keyIn(text: string): string {
	return /-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----/.exec(text)?.[0] ?? "";
}

/** Whatever a folder holds, as one text per file. */
function* texts(folder: string): Generator<[string, string]> {
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile()) continue;
		const path = join(entry.parentPath, entry.name);
		if (existsSync(path)) yield [path, readFileSync(path, "latin1")];
	}
}

/** Files of a machine with a private key that belongs to an authority that the machine believes. */
function keysOfAuthorities(machine: TestMachine): string[] {
	const authorities = Object.values(SIGNER_FILES).map((path) => new X509Certificate(read(machine, path)));
	return [...texts(machine.root)].flatMap(([path, text]) => {
		const key = keyIn(text);
		return key !== "" && authorities.some((one) => one.checkPrivateKey(createPrivateKey(key))) ? [path] : [];
	});
}

test("machines make their own keys and hold certificates of the fleet's authorities, and no key of theirs is anywhere else", async (t) => {
	const coordinator = await startCoordinator(t);
	const machines = await Promise.all(
		["one", "two"].map((name) => startMachine(t, coordinator, { name: `certificates-${name}` })),
	);
	await allReady(coordinator, 2, 90_000);
	const roles = machines.map((machine) => runs(machine).role).sort();
	t.deepEqual(roles, ["control-plane", "worker"]);

	const keys: string[] = [];
	for (const machine of machines) {
		const { certificates = [], secrets = [] } = runs(machine);
		t.true(certificates.length >= 3);
		for (const request of certificates) {
			checkPair(t, machine, request);
			keys.push(keyIn(read(machine, request.key)));
		}
		for (const { path, mode } of secrets) {
			t.is(statSync(join(machine.root, path)).mode & 0o777, Number.parseInt(mode, 8), path);
			keys.push(read(machine, path).trim());
		}
		t.is(secrets.length, runs(machine).role === "control-plane" ? 2 : 0);
	}
	t.is(new Set(keys).size, keys.length, "a key is used twice");

	const controlPlane = machines.find((machine) => runs(machine).role === "control-plane") as TestMachine;
	const pki = (name: string) => read(controlPlane, `/etc/kubernetes/pki/${name}`);
	const publicOf = (key: string) => createPublicKey(createPrivateKey(key)).export({ format: "pem", type: "spki" });
	t.is(publicOf(pki("sa.key")), pki("sa.pub"));
	t.deepEqual(keysOfAuthorities(controlPlane), []);
	t.regex(read(controlPlane, "/etc/kubernetes/encryption/configuration.yaml"), /kind: EncryptionConfiguration/);

	// The coordinator's folder holds its log, its snapshot and the bus's store.
	await coordinator.restart();
	const nowhere = keys.map((key) => (key.includes("PRIVATE") ? (key.split("\n")[2] ?? key) : key));
	const shared = readdirSync(join(coordinator.dataFolder, "keys/authorities")).length;
	t.true(shared >= 5);
	let recorded = false;
	for (const [path, text] of texts(coordinator.dataFolder)) {
		recorded ||= text.includes("certificates-issued");
		if (path.startsWith(join(coordinator.dataFolder, "keys/authorities/"))) continue;
		t.false(
			nowhere.some((secret) => text.includes(secret)),
			`${path} holds a private key`,
		);
		// The key of the coordinator's own listeners, which nats-server reads as well.
		if (path !== join(coordinator.dataFolder, "tls/server.key")) t.notRegex(text, /PRIVATE KEY/, path);
	}
	t.true(recorded, "the scan does not see the log");
	t.notRegex(JSON.stringify(await coordinator.events()), /PRIVATE KEY/);
	t.notRegex(coordinator.process.output(), /PRIVATE KEY/);
	for (const machine of machines) t.notRegex(machine.process.output(), /PRIVATE KEY/);
});

function checkPair(
	t: { true(value: boolean, message?: string): void; is<T>(a: T, b: T, message?: string): void },
	machine: TestMachine,
	request: CertificateRequest,
): void {
	const { name, subject } = request;
	const certificate = new X509Certificate(read(machine, request.certificate));
	const authority = new X509Certificate(read(machine, SIGNER_FILES[subject.signer]));
	t.true(certificate.checkIssued(authority) && certificate.verify(authority.publicKey), name);
	t.true(certificate.checkPrivateKey(createPrivateKey(keyIn(read(machine, request.key)))), name);
	for (const path of [request.certificate, request.key])
		t.is(statSync(join(machine.root, path)).mode & 0o777, 0o600, path);
}

test("whoever hears everything on the bus hears no private key and no secret", async (t) => {
	const nats = await startExternalNats(t);
	const coordinator = await startCoordinator(t, nats.options());
	const bus = await nats.overhear();
	const machine = await startMachine(t, coordinator, { name: "overheard" });
	await allReady(coordinator, 1, 90_000);
	const { certificates = [], secrets = [] } = runs(machine);
	t.is(runs(machine).role, "control-plane");
	t.true(
		bus.said.some((text) => /\.certify \{"order"/.test(text)),
		"the order was not heard",
	);
	t.true(
		bus.said.some((text) => text.includes('"ciphertext"')),
		"the answer was not heard",
	);
	// The second line of a key in PEM begins with the rest of its secret number.
	const secret = (text: string) => /secret: "?([^"\n]+)/.exec(text)?.[1] ?? text.split("\n")[2] ?? text;
	const hidden = [
		...certificates.map(({ key }) => secret(keyIn(read(machine, key)))),
		...secrets.map(({ path }) => secret(read(machine, path))),
	];
	t.true(hidden.every((text) => text.length >= 40));
	for (const text of bus.said) {
		t.notRegex(text, /PRIVATE KEY|secretbox/);
		t.false(hidden.some((one) => text.includes(one.slice(0, 40))));
	}
});
