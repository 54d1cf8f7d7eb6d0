import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import {
	type AuthorityName,
	type CertificateSubject,
	certificateRequest,
	requestInfo,
	Trust,
} from "@rollcall/protocol";
import { newRequest } from "@rollcall/test-support/certificate-request";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import fc from "@rollcall/test-support/properties";
import test, { type ExecutionContext } from "ava";
import { makeClientPair } from "../../../src/adapters/pki/client-pair.ts";
import { createPki } from "../../../src/adapters/pki/pki.ts";
import { AUTHORITY_LIFE_MS } from "../../../src/domain/certificates/authority-life.ts";
import { CertificateRefused } from "../../../src/errors.ts";
import { debian, debianProgram } from "../../boot/programs/debian.ts";
import { nodeTree } from "../../render/node-tree.ts";

const NOW = Date.now();
const DAY = 86_400;

const OPENSSL = { program: "usr/bin/openssl", packages: ["openssl"] };
const testOpenssl = testNeeding(await debian(OPENSSL));

/** Debian's openssl, run to its end. Throws with its words when it fails. */
async function opensslThere(): Promise<(...args: string[]) => string> {
	const run = await debianProgram(OPENSSL);
	return (...args) => {
		const { status, output } = run(args);
		if (status !== 0) throw new Error(`openssl ${args[0]}: ${output}`);
		return output;
	};
}

/** A configuration that says nothing, since the program's own is not unpacked with it. */
function plainConfig(folder: string): string {
	const file = join(folder, "openssl.cnf");
	writeFileSync(file, "[req]\ndistinguished_name = names\n[names]\n");
	return file;
}

async function setUp(t: ExecutionContext) {
	const folder = join(ownFolder(t), "authorities");
	const pki = createPki(folder, { wall: () => NOW });
	const trust = await pki.trust();
	const authority = (name: AuthorityName) => trust.authorities[name].certificates[0]?.pem ?? "";
	const certify = (subject: CertificateSubject, request = newRequest().request, lifeSeconds = DAY) =>
		pki.certify(trust, {
			name: "one",
			subject,
			authority: trust.authorities[subject.signer].signing,
			request,
			lifeSeconds,
		});
	return { folder, pki, trust, authority, certify };
}

const CLIENT: CertificateSubject = {
	signer: "cluster",
	commonName: "system:node:n",
	organizations: ["system:nodes"],
	usages: ["client"],
	names: [],
	addresses: [],
};

test("authorities are made once, each file for its owner alone, and read again as they were", async (t) => {
	const { folder, trust } = await setUp(t);
	t.deepEqual(await createPki(folder, { wall: () => NOW }).trust(), trust);
	t.deepEqual(Trust.parse(trust), trust);
	const names = readdirSync(folder);
	t.is(names.filter((name) => name.endsWith(".key")).length, 5);
	for (const name of names) t.is(statSync(join(folder, name)).mode & 0o777, 0o600, name);
	t.is(statSync(folder).mode & 0o777, 0o700);
	t.false(JSON.stringify(trust).includes("PRIVATE"));
});

testOpenssl(
	"openssl and Node both accept what every role asks for, with exactly the names, usages and life that were ordered",
	async (t) => {
		const openssl = await opensslThere();
		const { authority, certify } = await setUp(t);
		const folder = ownFolder(t);
		for (const role of ["control-plane", "worker", "etcd"] as const) {
			for (const request of nodeTree(role).content.certificates ?? []) {
				const { subject } = request;
				const own = newRequest();
				const { pem, issued, expiresInSeconds } = await certify(subject, own.request);
				const [leaf, root] = [join(folder, "leaf.pem"), join(folder, "root.pem")];
				writeFileSync(leaf, pem);
				writeFileSync(root, authority(subject.signer));
				for (const usage of subject.usages) {
					const purpose = usage === "client" ? "sslclient" : "sslserver";
					t.regex(openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", root, leaf), /: OK/, request.name);
				}
				const read = new X509Certificate(pem);
				const issuer = new X509Certificate(authority(subject.signer));
				t.true(read.checkIssued(issuer) && read.verify(issuer.publicKey) && !read.ca);
				t.true(read.checkPrivateKey(createPrivateKey(own.key)));
				t.deepEqual(read.subject.split("\n"), [
					...subject.organizations.map((one) => `O=${one}`),
					`CN=${subject.commonName}`,
				]);
				for (const name of subject.names) t.is(read.checkHost(name), name);
				for (const address of subject.addresses) t.is(read.checkIP(address), address);
				t.is(
					read.subjectAltName?.split(", ").length ?? 0,
					subject.names.length + subject.addresses.length,
					read.subjectAltName,
				);
				t.deepEqual(
					[...read.keyUsage].sort(),
					subject.usages.map((usage) => (usage === "client" ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1")).sort(),
				);
				t.is(read.serialNumber.toLowerCase(), issued.serial);
				t.is(read.validToDate.getTime(), issued.notAfter);
				t.true(expiresInSeconds <= DAY && expiresInSeconds > DAY - 2);
			}
		}
	},
);

test("an authority of another name accepts nothing of this one", async (t) => {
	const { authority, certify } = await setUp(t);
	const read = new X509Certificate((await certify(CLIENT)).pem);
	for (const name of ["front-proxy", "etcd"] as const)
		t.false(read.verify(new X509Certificate(authority(name)).publicKey));
});

testOpenssl("what a request says besides its key is not taken", async (t) => {
	const openssl = await opensslThere();
	const { certify } = await setUp(t);
	const folder = ownFolder(t);
	const [key, request] = [join(folder, "key"), join(folder, "request")];
	openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key);
	openssl("req", "-config", plainConfig(folder), "-new", "-key", key, "-subj", "/O=system:masters/CN=root", "-addext", "subjectAltName=DNS:evil", "-addext", "basicConstraints=CA:TRUE", "-outform", "DER", "-out", request); // biome-ignore format: one command
	const { pem } = await certify(CLIENT, readFileSync(request).toString("base64"));
	const read = new X509Certificate(pem);
	t.is(read.subject, "O=system:nodes\nCN=system:node:n");
	t.is(read.subjectAltName, undefined);
	t.false(read.ca);
	t.true(read.publicKey.equals(createPublicKey(readFileSync(key))));
});

testOpenssl("requests that are none, that somebody else signed, or with a weak key are refused", async (t) => {
	const openssl = await opensslThere();
	const { certify } = await setUp(t);
	const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const info = requestInfo(own.publicKey.export({ format: "der", type: "spki" }));
	const stolen = Buffer.from(certificateRequest(info, sign("sha256", info, other.privateKey)));
	const folder = ownFolder(t);
	const weak = join(folder, "weak");
	openssl("req", "-config", plainConfig(folder), "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", join(folder, "key"), "-subj", "/CN=x", "-outform", "DER", "-out", weak); // biome-ignore format: one command
	const refused = [stolen, Buffer.from("nothing"), Buffer.alloc(0), readFileSync(weak)];
	for (const request of refused)
		await t.throwsAsync(certify(CLIENT, request.toString("base64")), { instanceOf: CertificateRefused });
});

test("random bytes, and requests damaged in what is signed, are refused", async (t) => {
	const { certify } = await setUp(t);
	const good = Buffer.from(newRequest().request, "base64");
	await fc.assert(
		fc.asyncProperty(
			fc.oneof(
				fc.uint8Array({ maxLength: 400 }),
				fc.tuple(fc.integer({ min: 3, max: 100 }), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
					const damaged = Uint8Array.from(good);
					damaged[at] = (damaged[at] ?? 0) ^ bits;
					return damaged;
				}),
			),
			async (bytes) => {
				await certify(CLIENT, Buffer.from(bytes).toString("base64")).then(
					() => t.fail("it was certified"),
					(error: unknown) => t.true(error instanceof CertificateRefused, String(error)),
				);
			},
		),
		{ numRuns: 60 },
	);
	t.pass();
});

test("no certificate outlives the authority that signs it", async (t) => {
	const { trust, certify } = await setUp(t);
	const { issued } = await certify(CLIENT, undefined, 20 * 365 * DAY);
	t.is(issued.notAfter, trust.authorities.cluster.certificates[0]?.notAfter ?? 0);
});

test("an authority that is not valid by the coordinator's clock signs nothing; one of hours ahead does, once that clock is put right", async (t) => {
	const { folder, trust } = await setUp(t);
	const order = {
		name: "one",
		subject: CLIENT,
		authority: trust.authorities.cluster.signing,
		request: newRequest().request,
		lifeSeconds: DAY,
	};
	const at = (wall: number) => createPki(folder, { wall: () => wall }).certify(trust, order);
	await t.throwsAsync(at(0), {
		message: /the authority cluster is valid from .* 1970-01-01 by the coordinator's clock/,
	});
	await t.throwsAsync(at(NOW + AUTHORITY_LIFE_MS), { message: /correct that clock, or rollcall certs rotate/ });
	t.truthy(await at(NOW - 20 * 3_600_000));
});

test("secrets are sealed to one key and for one use, and hold what their file is to hold", async (t) => {
	const { folder, pki, trust } = await setUp(t);
	const suite = new CipherSuite({
		kem: new DhkemX25519HkdfSha256(),
		kdf: new HkdfSha256(),
		aead: new Aes256Gcm(),
	});
	const recipient = await suite.kem.generateKeyPair();
	const to = Buffer.from(await suite.kem.serializePublicKey(recipient.publicKey)).toString("base64");
	const open = async (name: string, info: string, of = trust) => {
		const sealed = await pki.seal({ trust: of, name, revision: of.encryption }, to, "for a test");
		return Buffer.from(
			await suite.open(
				{
					recipientKey: recipient.privateKey,
					enc: Uint8Array.from(Buffer.from(sealed.encapsulated, "base64")).buffer,
					info: new TextEncoder().encode(info),
				},
				Uint8Array.from(Buffer.from(sealed.ciphertext, "base64")).buffer,
			),
		).toString();
	};
	const key = (fingerprint: string) => readFileSync(join(folder, `${fingerprint.slice(7)}.key`), "utf8");
	await t.throwsAsync(open("cluster-authority-key", "for a test"), { message: /nobody shares a secret/ });
	t.is(await open("service-account-key", "for a test"), key(trust.serviceAccounts.signing));
	t.regex(await open("encryption-configuration", "for a test"), /kind: EncryptionConfiguration[\s\S]*secretbox/);
	const { encryption: fresh } = await pki.freshTrust();
	const both = { ...trust, encryption: fresh, encryptionKeys: [trust.encryption, fresh] };
	const text = await open("encryption-configuration", "for a test", both);
	// Quotes stand around one that begins as a number does.
	const named = [fresh, trust.encryption].map(
		(one) => `name: key-${one.slice(7, 15)}\\s+secret: "?${key(one).trim().replaceAll("+", "\\+")}"?\\s`,
	);
	t.regex(text, new RegExp(named.join("\\s*- ")));
	t.deepEqual(await pki.missing(both), []);
	await t.throwsAsync(open("service-account-key", "for something else"));
	await t.throwsAsync(pki.seal({ trust, revision: trust.encryption, name: "cluster" }, to, ""), {
		instanceOf: CertificateRefused,
	});
	await t.throwsAsync(pki.seal({ trust, revision: trust.encryption, name: "service-account-key" }, "AAAA", ""), {
		instanceOf: CertificateRefused,
	});
});

test("a key that is missing is named, with what to do", async (t) => {
	const { folder, trust, certify } = await setUp(t);
	rmSync(join(folder, `${trust.authorities.cluster.signing.slice(7)}.key`));
	await t.throwsAsync(certify(CLIENT), { message: /key file .* restore it from a backup/ });
});

test("the coordinator's own client certificate fits its key and is signed by the cluster's authority", async (t) => {
	const { pki, trust } = await setUp(t);
	const wish = { name: "add-ons", commonName: "rollcall", organizations: ["system:masters"], lifeSeconds: DAY };
	const { ca, cert, key, issued } = await makeClientPair(pki, trust, wish);
	const read = new X509Certificate(cert);
	t.true(read.checkPrivateKey(createPrivateKey(key)) && read.verify(new X509Certificate(ca).publicKey));
	t.is(read.subject, "O=system:masters\nCN=rollcall");
	t.is(issued.name, "add-ons");
});

test("keys that are not here are named, whether they sign or are shared", async (t) => {
	const { folder, pki, trust } = await setUp(t);
	t.deepEqual(await pki.missing(trust), []);
	for (const gone of [trust.authorities.etcd.signing, trust.encryption]) rmSync(join(folder, `${gone.slice(7)}.key`));
	t.deepEqual(await pki.missing(trust), [trust.authorities.etcd.signing, trust.encryption]);
});
