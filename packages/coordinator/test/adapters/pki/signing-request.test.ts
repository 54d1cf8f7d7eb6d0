import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual as isSame } from "node:util";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { readSigningRequest } from "../../../src/adapters/pki/signing-request.ts";
import type { RequestWish } from "../../../src/domain/certificates/signing-requests.ts";
import { debian, debianProgram } from "../../boot/programs/debian.ts";
import { signingRequest } from "../kubernetes/fake-signing-request.ts";

const OPENSSL = { program: "usr/bin/openssl", packages: ["openssl"] };

testNeeding(await debian(OPENSSL))("a request that openssl made is read, with its subject and names", async (t) => {
	const run = await debianProgram(OPENSSL);
	const folder = ownFolder(t);
	const config = join(folder, "openssl.cnf");
	writeFileSync(config, "[req]\ndistinguished_name = names\n[names]\n");
	const made = (...more: string[]) => {
		const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", join(folder, "key")];
		const made = run(["req", "-new", "-config", config, ...key, "-out", join(folder, "csr"), ...more]);
		if (made.status !== 0) throw new Error(made.output);
		return readFileSync(join(folder, "csr"), "utf8");
	};
	const names = "subjectAltName=DNS:node-1,IP:2001:db8:0::1";
	t.like(await readSigningRequest(made("-subj", "/O=system:nodes/CN=system:node:node-1", "-addext", names)), {
		commonName: "system:node:node-1",
		organizations: ["system:nodes"],
		names: ["node-1"],
		addresses: ["2001:db8::1"],
	});
	t.like(await readSigningRequest(made("-subj", "/O=a/O=b/CN=x")), { organizations: ["a", "b"] });
	const more = await readSigningRequest(made("-subj", "/O=a/emailAddress=a@b.example/CN=x"));
	t.regex("fault" in more ? more.fault : "", /^its subject has .*only CN and O are signed$/);
});

test("whatever lies in the API instead of a request is a fault, and no end", async (t) => {
	const { spec } = (await signingRequest("one")) as { spec: { request: string } };
	const pem = Buffer.from(spec.request, "base64").toString();
	const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
	const inPem = (bytes: Uint8Array) =>
		`-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(bytes).toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
	const whole = await readSigningRequest(inPem(der));
	t.true("request" in whole);
	// A byte that nothing rests on may be another one.
	const harmless = (read: RequestWish): boolean =>
		"fault" in read || isSame({ ...read, request: "" }, { ...whole, request: "" });
	const changed = fc
		.tuple(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }))
		.map(([at, by]) => inPem(der.map((byte, index) => (index === at ? byte ^ by : byte))));
	const cut = fc.nat(der.length - 1).map((length) => inPem(der.subarray(0, length)));
	const other = fc.oneof(fc.string(), fc.uint8Array({ maxLength: 300 }).map(inPem));
	await fc.assert(
		fc.asyncProperty(fc.oneof(changed, cut, other), async (text) => harmless(await readSigningRequest(text))),
		{ numRuns: 300 },
	);
});
