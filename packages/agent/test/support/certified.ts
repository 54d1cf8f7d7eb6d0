import { type CertifyOrder, type CertifyReply, Digest, type TargetContent } from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import { nodeKeyring } from "../../src/adapters/keys/keyring.ts";
import { applyTarget } from "../../src/loop/apply.ts";
import { createCredentialStore } from "../../src/loop/credential-store.ts";
import type { Accepted, Clock } from "../../src/ports.ts";
import type { FullDisk } from "./full-disk.ts";
import { temporaryRoot, tree } from "./machine.ts";
import { applyParts } from "./parts.ts";
import { createScriptedUnits } from "./scripted-units.ts";
import { accepted, BOOT, file, MACHINE } from "./targets.ts";

const AUTHORITY = Digest.parse(`sha256:${"a".repeat(64)}`);
const REVISION = Digest.parse(`sha256:${"b".repeat(64)}`);
/** Of what is certified, in seconds. */
export const LIFE = 3600;

/** A request for a client certificate, with its files named after it. */
export function request(name: string, commonName = name): NonNullable<TargetContent["certificates"]>[number] {
	const place = `/etc/kubernetes/pki/${name}`;
	return {
		name,
		certificate: `${place}.crt`,
		key: `${place}.key`,
		authority: AUTHORITY,
		subject: { signer: "cluster", commonName, organizations: [], usages: ["client"], names: [], addresses: [] },
	};
}

const COMBINED = {
	...request("kubelet"),
	certificate: "/var/lib/kubelet/pki/k.pem",
	key: "/var/lib/kubelet/pki/k.pem",
};
const SECRET = { name: "shared", path: "/etc/kubernetes/pki/sa.key", mode: "0600", revision: REVISION };

/** Certifies what it is asked for: a certificate is its number. What is sealed is not encrypted here. */
function certifier() {
	const orders: CertifyOrder[] = [];
	let number = 0;
	const self = {
		orders,
		/** Certificates that are not valid by the machine's wall clock. */
		invalid: new Set<string>(),
		/** When certificates end, by that clock; those that are not named, in an hour. */
		ends: new Map<string, number>(),
		/** How long certificates live by their names, where not for LIFE. */
		lives: new Map<string, number>(),
		/** Done while an order is under way. */
		during: () => {},
		answer: undefined as (() => CertifyReply) | undefined,
		certify: async (order: CertifyOrder): Promise<CertifyReply> => {
			orders.push(order);
			self.during();
			if (self.answer) return self.answer();
			return {
				kind: "certified",
				certificates: order.certificates.map(({ name }) => ({
					name,
					certificate: `certificate ${name} ${++number}\n`,
					expiresInSeconds: self.lives.get(name) ?? LIFE,
				})),
				secrets: order.secrets.map((name) => ({
					name,
					revision: REVISION,
					sealed: { encapsulated: "", ciphertext: Buffer.from(`secret ${name}`).toString("base64") },
				})),
			};
		},
	};
	return self;
}

/** Everything for an apply, with a clock that the test turns. The same root is the same machine in its next life. `full`: its state folder may be. */
export function setUp(t: ExecutionContext, root = temporaryRoot(t), by = certifier(), full?: FullDisk) {
	let now = 1_000_000;
	const clock: Clock = {
		monotonic: () => now,
		sinceBoot: () => now,
		wall: () => Date.now(),
		// What is asked for now and then comes soon; a deadline is none that a test reaches.
		sleep: (ms, signal) =>
			new Promise((resolve) => {
				if (signal.aborted) return resolve();
				const timer = setTimeout(
					resolve,
					[TARGET.target.content.deadlineSeconds * 1000, 300_000].includes(ms) ? ms : 1,
				);
				signal.addEventListener("abort", () => {
					clearTimeout(timer);
					resolve();
				});
			}),
	};
	const units = createScriptedUnits();
	const parts = applyParts(root, units, undefined, full?.wrap);
	const credentials = createCredentialStore({
		memory: parts.memory,
		log: parts.log,
		clock,
		random: () => 0,
		bootId: BOOT,
		keyring: {
			...nodeKeyring,
			isValidNow: (certificate) => !by.invalid.has(certificate),
			endsAt: (certificate) => by.ends.get(certificate) ?? Date.now() + LIFE * 1000,
			newSealKey: async () => ({
				publicKey: "",
				open: async ({ ciphertext }) => Buffer.from(ciphertext, "base64").toString(),
			}),
		},
		certify: by.certify,
		fenced: () => {},
	});
	const all = { ...parts, units, credentials, clock };
	const apply = (one: Accepted, signal: AbortSignal = new AbortController().signal) =>
		applyTarget(all, one, { machineId: MACHINE, signal, started: () => {} });
	return {
		root,
		by,
		parts: all,
		credentials,
		apply,
		pass: (seconds: number) => (now += seconds * 1000),
		files: () => tree(root),
	};
}

/** A file, two certificates and a secret. */
export const TARGET = accepted(1, {
	files: [file("/etc/kubernetes/a", "a")],
	certificates: [request("one"), COMBINED],
	secrets: [SECRET],
});
