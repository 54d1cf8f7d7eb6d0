import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CertificateSubject, Trust } from "@rollcall/protocol";
import { newRequest } from "@rollcall/test-support/certificate-request";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test from "ava";
import { createPki } from "../../../src/adapters/pki/pki.ts";

const NOBODY: CertificateSubject = {
	signer: "cluster",
	commonName: "one",
	organizations: [],
	usages: ["client"],
	names: [],
	addresses: [],
};

for (const [title, damage] of [
	["is empty", () => ""],
	["was cut short", (key) => key.slice(0, 20)],
	["holds zeros", (key) => "\0".repeat(key.length)],
	["is another one", (_key, other) => other],
] satisfies [string, (key: string, other: string) => string][])
	test(`a key that ${title} counts as missing, and neither signs nor is shared`, async (t) => {
		const folder = join(ownFolder(t), "authorities");
		const pki = createPki(folder, { wall: () => Date.now() });
		const trust = await pki.trust();
		const other = await pki.freshTrust();
		const file = (fingerprint: string) => join(folder, `${fingerprint.slice(7)}.key`);
		const keys = (of: Trust) => [of.authorities.cluster.signing, of.serviceAccounts.signing, of.encryption];
		for (const [index, key] of keys(trust).entries()) {
			const others = readFileSync(file(keys(other)[index] ?? ""), "utf8");
			writeFileSync(file(key), damage(readFileSync(file(key), "utf8"), others));
		}
		t.deepEqual(await pki.missing(trust), keys(trust));
		const { request } = newRequest();
		const authority = trust.authorities.cluster.signing;
		const order = { name: "one", subject: NOBODY, authority, request, lifeSeconds: 60 };
		await t.throwsAsync(pki.certify(trust, order), {
			message: /key file .* is damaged, or another one.* restore it from a backup/,
		});
		const to = Buffer.alloc(32, 9).toString("base64");
		for (const name of ["service-account-key", "encryption-configuration"])
			await t.throwsAsync(pki.seal({ trust, name, revision: trust.encryption }, to, ""), {
				message: /key file .* is damaged, or another one/,
			});
	});
