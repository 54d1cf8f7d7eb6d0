import { X509Certificate } from "node:crypto";
import type { Logger } from "pino";
import type { AdminToken } from "../adapters/files/admin-token.ts";
import type { CoordinatorConfig } from "../config.ts";
import { urlHost } from "../render/node.ts";

interface Started {
	readonly config: Pick<CoordinatorConfig, "nats" | "tls" | "document">;
	readonly admin: Pick<AdminToken, "file" | "isNew" | "isSealed">;
	readonly urls: { readonly url: string; readonly boot?: string };
	/** Where the bus listens, of a server of our own: the port is known when it runs. */
	readonly busPort: number | undefined;
	/** Whom clients are to believe, PEM. */
	readonly authority: string | undefined;
	readonly coordinatorId: string;
}

/** Tells which listeners there are; at a first start also where the operator's token is, and the three commands that come next. */
export function tellStart(
	log: Pick<Logger, "info">,
	{ config, admin, urls, busPort, authority, coordinatorId }: Started,
): void {
	const { nats, tls } = config;
	const bus =
		"embedded" in nats
			? `${tls === "off" ? "nats" : "tls"}://${urlHost(nats.embedded.host)}:${busPort ?? nats.embedded.port}`
			: nats.external.servers.join(", ");
	const fingerprint = authority === undefined ? undefined : fingerprintOf(authority);
	log.info({ ...urls, bus, coordinatorId, ...(fingerprint ? { fingerprint } : {}) }, "the API listens");
	if (!urls.boot) log.info("machines cannot boot from here: the configuration has no boot listener (`boot`)");
	if (!admin.isNew) return;
	log.info({ tokenFile: admin.file }, "the operator's token was made; only the user of this coordinator can read it");
	const tokenFile = admin.isSealed ? "admin.token" : admin.file;
	const commands = [
		...(admin.isSealed ? [`(umask 077; rollcall coordinator --config FILE --show admin-token >${tokenFile})`] : []),
		`rollcall context add fleet --server ${urls.url} --token-file ${tokenFile}${fingerprint ? ` --fingerprint ${fingerprint}` : ""}`,
		config.document === undefined ? "rollcall apply -f deploy/examples/three-nodes.yaml" : "rollcall cluster",
		"rollcall machines --watch",
	];
	for (const command of commands) log.info(`next: ${command}`);
}

/** The SHA-256 of the first certificate, as `rollcall context add` shows it. */
function fingerprintOf(pem: string): string {
	return `sha256:${new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase()}`;
}
