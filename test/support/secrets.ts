import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** How our secrets look: API and enroll tokens, seeds of nkeys (users, accounts, operators, servers, clusters), JWTs, PEM keys. */
const SHAPES: readonly RegExp[] = [
	/\brct?_[A-Za-z0-9_-]{20,}/,
	/\bS[UAONC][A-Z2-7]{56}\b/,
	/\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/,
	/-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

/** The first text that looks like a secret, or that is one of `known`; undefined when there is none. */
export function findSecret(text: string, known: readonly string[] = []): string | undefined {
	for (const secret of known) if (secret.length >= 16 && text.includes(secret)) return secret;
	for (const shape of SHAPES) {
		const found = shape.exec(text);
		if (found) return found[0];
	}
	return undefined;
}

/** Everything below a folder that looks like a secret: what must be found nowhere else. */
export function secretsBelow(folder: string): string[] {
	const found = new Set<string>();
	for (const path of filesBelow(folder)) {
		const text = readFileSync(path, "latin1");
		for (const shape of SHAPES) for (const [secret] of text.matchAll(new RegExp(shape.source, "g"))) found.add(secret);
	}
	return [...found];
}

/** All plain files below a folder, as far as they are still there. */
export function filesBelow(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name));
}
