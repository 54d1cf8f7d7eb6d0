import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { PublicKey, X509Crl, X509CrlReason } from "@peculiar/x509";
import { systemReason } from "@rollcall/protocol";
import { readGivenFile } from "../../disk/given-file.ts";
import { ConfigError } from "../../errors.ts";

/** More than the lists of a large authority. */
const MOST_BYTES = 8 * 1024 * 1024;
/** As many as anybody changes over. */
const MOST_AUTHORITIES = 16;

/** A revocation list, as far as it is looked at. */
interface Revocations {
	/** Serial numbers in hexadecimal, in lower case, without zeros before them. */
	readonly serials: ReadonlySet<string>;
	/** When a newer list should have come, in milliseconds since 1970; undefined where it does not say. */
	readonly until: number | undefined;
}

/** Who issues the certificates of operators. */
export interface ClientAuthorities {
	/** PEM, as it stands in the file. */
	readonly pem: string;
	readonly certificates: readonly X509Certificate[];
	/** The list of each authority, by its place in `certificates`; empty where no lists are given. */
	readonly revocations: readonly Revocations[];
}

/** Reads the authorities, and a revocation list of each where there is a file with lists. Throws ConfigError that names the file. */
export async function readClientAuthorities({
	file,
	revocations,
}: {
	readonly file: string;
	readonly revocations?: string | undefined;
}): Promise<ClientAuthorities> {
	const where = `tls.clientAuthorities.file ${file}`;
	const pem = await readText(where, file);
	const certificates = blocks(pem, "CERTIFICATE").map((one) => parsed(where, () => new X509Certificate(one)));
	if (certificates.length === 0) throw new ConfigError(`${where} holds no certificate in PEM`);
	if (certificates.length > MOST_AUTHORITIES)
		throw new ConfigError(`${where} holds more than ${MOST_AUTHORITIES} certificates`);
	const none = certificates.find(({ ca }) => !ca);
	if (none) throw new ConfigError(`${where}: ${oneLine(none.subject)} is no authority`);
	if (revocations === undefined) return { pem, certificates, revocations: [] };
	return { pem, certificates, revocations: await readLists(revocations, certificates) };
}

async function readLists(file: string, authorities: readonly X509Certificate[]): Promise<Revocations[]> {
	const where = `tls.clientAuthorities.revocations ${file}`;
	const lists = blocks(await readText(where, file), "X509 CRL").map((one) => parsed(where, () => new X509Crl(one)));
	return Promise.all(
		authorities.map(async (authority) => {
			const own = await firstBy(lists, authority);
			if (own) return revocationsOf(own);
			throw new ConfigError(
				`${where} holds no list that ${oneLine(authority.subject)} signed; give one of each authority, in PEM`,
			);
		}),
	);
}

async function firstBy(lists: readonly X509Crl[], authority: X509Certificate): Promise<X509Crl | undefined> {
	const publicKey = new PublicKey(authority.publicKey.export({ format: "der", type: "spki" }));
	for (const list of lists) if (await list.verify({ publicKey }).catch(() => false)) return list;
	return undefined;
}

function revocationsOf(list: X509Crl): Revocations {
	// RFC 5280, 5.3.1: removeFromCRL takes a certificate off a list.
	const listed = list.entries.filter(({ reason }) => reason !== X509CrlReason.removeFromCRL);
	return {
		serials: new Set(listed.map(({ serialNumber }) => plainSerial(serialNumber))),
		until: list.nextUpdate?.getTime(),
	};
}

/** A serial number as it is compared. */
export function plainSerial(hexadecimal: string): string {
	return hexadecimal.toLowerCase().replace(/^0+(?=.)/, "");
}

/** A subject of several lines on one. */
export function oneLine(subject: string): string {
	return subject.split("\n").join(", ").slice(0, 256);
}

function blocks(text: string, label: string): string[] {
	const block = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----`, "g");
	return text.match(block) ?? [];
}

function parsed<T>(where: string, parse: () => T): T {
	try {
		return parse();
	} catch (error) {
		throw new ConfigError(`${where} cannot be read: ${(error as Error).message.slice(0, 200)}`);
	}
}

async function readText(where: string, file: string): Promise<string> {
	const bytes = await readGivenFile(file, MOST_BYTES).catch((error: unknown) => {
		throw new ConfigError(`${where} cannot be read: ${systemReason(error)}`);
	});
	return bytes.toString("utf8");
}
