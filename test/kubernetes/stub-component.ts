/**
 * A STUB, NOT KUBERNETES. It looks only at the files that its arguments name: that they are there, that certificates, keys
 * and configurations can be read, that a certificate has its key, and the same for files that configurations name. Says what
 * is wrong on standard error and ends with 1.
 */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { parse } from "yaml";

/** Arguments that name what the component makes by itself. */
const WRITTEN = new Set(["audit-log-path", "data-dir"]);
/** How the argument of a certificate leads to that of its key. */
const PAIRS = [
	[/^tls-cert-file$/, "tls-private-key-file"],
	[/^etcd-certfile$/, "etcd-keyfile"],
	[/^((?:peer-)?)cert-file$/, "$1key-file"],
	[/^proxy-client-cert-file$/, "proxy-client-key-file"],
	[/^(.*)-client-certificate$/, "$1-client-key"],
] as const;
const wrong: string[] = [];
const seen = new Set<string>();

function look(name: string, path: string): void {
	if (seen.has(path)) return;
	seen.add(path);
	if (!existsSync(path)) return void wrong.push(`${name}: there is no ${path}`);
	if (!statSync(path).isFile()) return void wrong.push(`${name}: ${path} is no file`);
	const text = readFileSync(path, "utf8");
	try {
		if (path.endsWith(".crt")) {
			const chain = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
			if (chain.length === 0) throw new Error("no certificate in it");
			for (const one of chain) if (new X509Certificate(one).validToDate < new Date()) throw new Error("it is over");
		} else if (path.endsWith(".key")) createPrivateKey(text);
		else if (path.endsWith(".pub")) createPublicKey(text);
		else if (/\.(?:ya?ml|conf)$/.test(path)) inside(name, parse(text));
	} catch (error) {
		wrong.push(`${name}: ${path}: ${(error as Error).message}`);
	}
}

/** Absolute paths in a configuration are files that it needs. */
function inside(name: string, value: unknown): void {
	if (typeof value === "string" && /^\/[^\s]+\.(?:crt|key|pem|ya?ml|conf)$/.test(value)) look(name, value);
	else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) inside(name, inner);
}

const named = new Map(
	process.argv.slice(2).map((word) => {
		const [, name = word, value = ""] = /^--([a-z0-9-]+)=(.*)$/s.exec(word) ?? [];
		return [name, value] as const;
	}),
);
for (const [name, value] of named) {
	if (WRITTEN.has(name)) continue;
	for (const path of value.split(",").filter((one) => one.startsWith("/"))) look(name, path);
}
for (const [name, certificate] of named) {
	for (const [pattern, to] of PAIRS) {
		const keyFile = pattern.test(name) ? named.get(name.replace(pattern, to)) : undefined;
		if (!keyFile || !existsSync(keyFile) || !existsSync(certificate)) continue;
		const matches = new X509Certificate(readFileSync(certificate)).checkPrivateKey(
			createPrivateKey(readFileSync(keyFile)),
		);
		if (!matches) wrong.push(`${name}: ${certificate} is not the certificate of ${keyFile}`);
	}
}
for (const one of wrong) process.stderr.write(`${one}\n`);
process.stdout.write(`${seen.size} files were looked at\n`);
process.exitCode = wrong.length > 0 ? 1 : 0;
