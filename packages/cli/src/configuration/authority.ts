import { X509Certificate } from "node:crypto";
import type { DetailedPeerCertificate, TLSSocket } from "node:tls";
import { distrustReason } from "@rollcall/protocol";
import { Failure, usageFailure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";

const ANSWER_MS = 10_000;

/** The SHA-256 of the first certificate of a PEM text, as it is shown and compared: `sha256:` and 64 hexadecimal digits. */
export function fingerprintOf(pem: string): string {
	return `sha256:${new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase()}`;
}

/** Reads a fingerprint as people write it. Throws Failure. */
export function readFingerprint(text: string): string {
	const digits = text
		.replace(/^sha-?256[:=]/i, "")
		.replaceAll(":", "")
		.toLowerCase();
	if (!/^[0-9a-f]{64}$/.test(digits))
		throw usageFailure("--fingerprint: not a SHA-256 in hexadecimal", "the coordinator's log has it: sha256:...");
	return `sha256:${digits}`;
}

/** What a coordinator shows: the authority of its certificate in PEM; undefined where it is one that this computer believes anyway. Throws Failure. */
export async function shownAuthority(server: string): Promise<string | undefined> {
	const { authorized, chain } = await handshake(server, undefined);
	if (authorized) return undefined;
	const last = chain.at(-1);
	if (last?.ca !== true)
		throw new Failure(`${server} does not show the authority that its certificate is by`, {
			exit: EXIT.unreachable,
			next: "give the authority's certificate with --ca-file",
		});
	return last.toString();
}

/** Whether the coordinator's certificate is by this authority, for this address, and in its time. Throws Failure where it is not. */
export async function checkAuthority(server: string, authority: string): Promise<void> {
	const { authorized, error } = await handshake(server, authority);
	if (authorized) return;
	throw new Failure(`${server} is not believed: ${error}`, {
		exit: EXIT.unreachable,
		next: "use an address that its certificate is for (`http.names` of the coordinator), or correct the clock of this computer or of the coordinator",
	});
}

interface Handshake {
	readonly authorized: boolean;
	/** Why it is not. */
	readonly error: string;
	/** The certificates that were shown, the coordinator's own first. */
	readonly chain: readonly X509Certificate[];
}

async function handshake(server: string, ca: string | undefined): Promise<Handshake> {
	const { connect } = await import("node:tls");
	const { hostname, port } = new URL(server);
	const host = hostname.replace(/^\[|\]$/g, "");
	return new Promise((resolve, reject) => {
		const fail = (error: unknown): void => {
			socket.destroy();
			const reason = distrustReason(error) ?? (error as Error).message;
			reject(
				new Failure(`no TLS connection to ${server}: ${reason}`, {
					exit: EXIT.unreachable,
					next: "is it the address of a coordinator, and https right for it?",
					cause: error,
				}),
			);
		};
		const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
		const socket: TLSSocket = connect(
			{
				host,
				port: Number(port || 443),
				...servername,
				rejectUnauthorized: false,
				...(ca === undefined ? {} : { ca }),
			},
			() => {
				const error = socket.authorizationError as unknown;
				const reason = error
					? (distrustReason({ code: String((error as { code?: string }).code ?? error) }) ?? String(error))
					: "";
				resolve({ authorized: socket.authorized, error: reason, chain: chainOf(socket.getPeerCertificate(true)) });
				socket.destroy();
			},
		);
		socket.setTimeout(ANSWER_MS, () => fail(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
		socket.once("error", fail);
	});
}

/** More certificates than any chain has. */
const LONGEST_CHAIN = 8;

function chainOf(leaf: DetailedPeerCertificate): X509Certificate[] {
	const chain: X509Certificate[] = [];
	for (let one: DetailedPeerCertificate | undefined = leaf; one?.raw && chain.length < LONGEST_CHAIN; ) {
		chain.push(new X509Certificate(one.raw));
		one = one.issuerCertificate === one ? undefined : one.issuerCertificate;
	}
	return chain;
}
