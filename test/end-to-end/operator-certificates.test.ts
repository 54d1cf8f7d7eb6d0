import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { testNeeding } from "@rollcall/test-support/needing";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { debianFolders, debianPackages } from "@rollcall/test-support/part";
import { newOperator } from "../support/cli.ts";
import { at, startCoordinator } from "../support/coordinator.ts";

const OPENSSL = ["openssl", "libssl3"];

/** OpenSSL's own small authority: its database, and what it puts into certificates. */
const AUTHORITY = `
[ca]
default_ca = site
[site]
dir = .
database = index.txt
new_certs_dir = .
serial = serial
crlnumber = serial
certificate = ca.crt
private_key = ca.key
default_md = sha256
default_days = 1
default_crl_days = 1
policy = any
x509_extensions = client
[req]
distinguished_name = any
x509_extensions = authority
[authority]
basicConstraints = critical,CA:TRUE
[any]
organizationName = optional
commonName = supplied
[client]
extendedKeyUsage = clientAuth
`;

testNeeding(await debianPackages(OPENSSL))(
	"an operator with a certificate of the site's authority needs no token, until it is revoked",
	async (t) => {
		const folder = ownFolder(t);
		const [program = "", library = ""] = await debianFolders(OPENSSL);
		const env = {
			LD_LIBRARY_PATH: join(library, `usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`),
		};
		const openssl = (command: string, ...args: string[]): void => {
			const words = [command, "-config", "ca.cnf", ...args];
			const { status, stderr } = spawnSync(join(program, "usr/bin/openssl"), words, {
				cwd: folder,
				env,
				encoding: "utf8",
			});
			if (status !== 0) throw new Error(`openssl ${command}: ${stderr}`);
		};
		for (const [name, text] of Object.entries({ "ca.cnf": AUTHORITY, "index.txt": "", serial: "1000\n" }))
			writeFileSync(join(folder, name), text);
		const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
		openssl("req", ...newKey, "-x509", "-subj", "/CN=Site CA", "-keyout", "ca.key", "-out", "ca.crt");
		openssl("req", ...newKey, "-subj", "/O=ops/CN=alice", "-keyout", "alice.key", "-out", "alice.csr");
		openssl("ca", "-batch", "-in", "alice.csr", "-out", "alice.crt");
		openssl("ca", "-gencrl", "-out", "site.crl");
		const [file, revocations] = [join(folder, "ca.crt"), join(folder, "site.crl")];
		const rights = [{ field: "O", value: "ops", scope: "operator" }];
		const coordinator = await startCoordinator(t, { tls: { clientAuthorities: { file, revocations, rights } } });
		const operator = newOperator(t);

		const files = ["--client-cert", join(folder, "alice.crt"), "--client-key", join(folder, "alice.key")];
		const wrong = await operator.rollcall(
			"context",
			"add",
			"lab",
			...at(coordinator),
			...files.with(3, join(folder, "ca.key")),
		);
		t.is(wrong.code, 2);
		t.regex(wrong.stderr, /ca\.key \(--client-cert\): it is not that of the certificate/);
		const added = await operator.rollcall("context", "add", "lab", ...at(coordinator), ...files);
		t.is(added.code, 0, added.stderr);
		const made = await operator.rollcall("token", "create", "-o", "json");
		t.is(made.code, 0, made.stderr);
		const audit = await operator.rollcall("audit", "--who", "cert:alice");
		t.regex(audit.stdout, /cert:alice \(operator, from 127\.0\.0\.1\): POST \/v1\/tokens of token \w+/);
		t.is((await operator.rollcall("watch", "--since", "0", "--until-caught-up")).code, 0);
		const refused = await operator.rollcall("token", "list");
		t.is(refused.code, 1);
		t.regex(refused.stderr, /cert:alice has the scope operator, and this takes admin/);

		openssl("ca", "-revoke", "alice.crt");
		openssl("ca", "-gencrl", "-out", "site.crl");
		const said = await eventually("the refusal", async () => {
			const { code, stderr } = await operator.rollcall("machines");
			return code === 1 ? stderr : undefined;
		});
		t.regex(said, /the certificate of O=ops, CN=alice is refused: it was revoked\n.*another certificate/);
		const nothing = await newOperator(t).rollcall("machines", ...at(coordinator));
		t.is(nothing.code, 1);
		t.regex(nothing.stderr, /wants a token or a certificate\n.*--token-file.*--client-cert/);

		const other = await startCoordinator(t);
		const stranger = newOperator(t);
		const [context, current] = [stranger.configFile, "other"];
		const pair = { clientCertificate: files[1], clientKey: files[3], authority: other.authority?.pem };
		mkdirSync(dirname(context), { recursive: true });
		writeFileSync(context, JSON.stringify({ current, contexts: { other: { server: other.url, ...pair } } }), {
			mode: 0o600,
		});
		const unseen = await stranger.rollcall("machines");
		t.is(unseen.code, 1);
		t.regex(
			unseen.stderr,
			/takes no certificates, so that .*alice\.crt .* does not count; it wants a token\n.*tls\.clientAuthorities/,
		);
		t.regex((await newOperator(t).rollcall("machines", ...at(other))).stderr, /wants a token\n.*next: give a token/);
	},
);
