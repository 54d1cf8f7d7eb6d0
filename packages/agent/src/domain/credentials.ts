import {
	type Artifact,
	type CertificateRequest,
	canonicalJson,
	type Digest,
	type SharedSecret,
	sha256Of,
	type TargetContent,
	type TargetFile,
} from "@rollcall/protocol";
import { artifactPaths } from "./artifact-paths.ts";

/** A certificate with its key, kept over the agent's restarts and as long as the boot. Times are milliseconds since the boot. */
export interface KeptCertificate {
	readonly name: string;
	/** Digest of the request that it answers: another request needs another certificate. */
	readonly request: Digest;
	/** PEM; a secret. */
	readonly key: string;
	/** PEM. */
	readonly certificate: string;
	readonly renewAt: number;
}

/** A shared secret that was opened. */
interface KeptSecret {
	readonly name: string;
	readonly revision: Digest;
	readonly content: string;
}

/** All that this boot was given that is secret. */
export interface Credentials {
	readonly certificates: readonly KeptCertificate[];
	readonly secrets: readonly KeptSecret[];
}

export const NO_CREDENTIALS: Credentials = { certificates: [], secrets: [] };

const DIGESTS = new WeakMap<CertificateRequest, Digest>();

/** What names a request: the digest of all that it says. Remembered, since those of what runs are asked for again and again. */
export function requestDigest(request: CertificateRequest): Digest {
	const known = DIGESTS.get(request);
	if (known !== undefined) return known;
	const digest = sha256Of(canonicalJson(request));
	DIGESTS.set(request, digest);
	return digest;
}

/** The certificates and secrets of a target that are absent. */
export function lacking(
	content: TargetContent,
	kept: Credentials,
): { certificates: readonly CertificateRequest[]; secrets: readonly SharedSecret[] } {
	return {
		certificates: (content.certificates ?? []).filter((request) => !keptFor(kept, request)),
		secrets: (content.secrets ?? []).filter((secret) => !secretFor(kept, secret)),
	};
}

/** Of what is wanted, what a target names in the very same words: whoever holds that target is given it. */
export function alsoNamed(
	wanted: { readonly certificates: readonly CertificateRequest[]; readonly secrets: readonly SharedSecret[] },
	content: TargetContent,
): { certificates: readonly CertificateRequest[]; secrets: readonly SharedSecret[] } {
	const requests = new Set((content.certificates ?? []).map(requestDigest));
	const secrets = new Set((content.secrets ?? []).map(({ name, revision }) => `${name} ${revision}`));
	return {
		certificates: wanted.certificates.filter((request) => requests.has(requestDigest(request))),
		secrets: wanted.secrets.filter(({ name, revision }) => secrets.has(`${name} ${revision}`)),
	};
}

/** Whether a certificate (PEM) is valid at this moment. */
type IsValid = (certificate: string) => boolean;

/** The names of a target's certificates that are not valid. */
export function invalidNames(content: TargetContent, kept: Credentials, isValid: IsValid): string[] {
	return (content.certificates ?? []).flatMap((request) => {
		const found = keptFor(kept, request);
		return found && !isValid(found.certificate) ? [request.name] : [];
	});
}

/** When the first of a target's certificates ends, in milliseconds since 1970; undefined where none says so. */
export function firstEnd(
	content: TargetContent,
	kept: Credentials,
	endsAt: (certificate: string) => number | undefined,
): number | undefined {
	const ends = (content.certificates ?? []).flatMap((request) => {
		const found = keptFor(kept, request);
		return (found && endsAt(found.certificate)) ?? [];
	});
	return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** When the first of a target's certificates is to be renewed: at once for one that is not valid; Infinity where there is none. */
export function firstRenewal(content: TargetContent, kept: Credentials, isValid: IsValid): number {
	const times = (content.certificates ?? []).map((request) => renewalOf(keptFor(kept, request), isValid));
	return Math.min(Number.POSITIVE_INFINITY, ...times);
}

/** A target's requests whose time to be renewed has come. */
export function dueAt(content: TargetContent, kept: Credentials, now: number, isValid: IsValid): CertificateRequest[] {
	return (content.certificates ?? []).filter((request) => renewalOf(keptFor(kept, request), isValid) <= now);
}

function renewalOf(kept: KeptCertificate | undefined, isValid: IsValid): number {
	// Absent ones are ordered as absent, not as due.
	if (!kept) return Number.POSITIVE_INFINITY;
	return isValid(kept.certificate) ? kept.renewAt : Number.NEGATIVE_INFINITY;
}

/** A target's content with the files that its certificates, keys and secrets become, as far as they are there. */
export function filled(content: TargetContent, kept: Credentials): TargetContent {
	const file = (path: string, text: string, mode = "0600"): TargetFile => ({
		path,
		mode,
		encoding: "utf8",
		content: text,
		sensitive: true,
	});
	const pairs = (content.certificates ?? []).flatMap((request) => {
		const found = keptFor(kept, request);
		if (!found) return [];
		if (request.certificate === request.key) return [file(request.key, found.certificate + found.key)];
		return [file(request.certificate, found.certificate), file(request.key, found.key)];
	});
	const secrets = (content.secrets ?? []).flatMap((secret) => {
		const found = secretFor(kept, secret);
		return found ? [file(secret.path, found.content, secret.mode)] : [];
	});
	return { ...content, files: [...content.files, ...pairs, ...secrets] };
}

/** The secret that opens an artifact of a filled target; undefined where it needs none, or the secret is not there. */
export function keyFor({ encrypted }: Artifact, { files, secrets = [] }: TargetContent): string | undefined {
	const secret = encrypted && secrets.find(({ name }) => name === encrypted.secret);
	return secret && files.find(({ path }) => path === secret.path)?.content;
}

/** The paths of a target's absent certificates and secrets. */
export function absentPaths(content: TargetContent, kept: Credentials): string[] {
	const { certificates, secrets } = lacking(content, kept);
	return [...certificates.flatMap(({ certificate, key }) => [certificate, key]), ...secrets.map(({ path }) => path)];
}

/**
 * What was there and what came; of two for the same, the one that came. A certificate that is valid does not give way to one that is not:
 * then a clock is wrong.
 */
export function merged(kept: Credentials, came: Credentials, isValid: IsValid): Credentials {
	const better = came.certificates.filter(
		(one) =>
			isValid(one.certificate) ||
			!kept.certificates.some(({ request, certificate }) => request === one.request && isValid(certificate)),
	);
	const certificates = kept.certificates.filter((one) => !better.some(({ request }) => request === one.request));
	const same = (one: KeptSecret) =>
		came.secrets.some(({ name, revision }) => name === one.name && revision === one.revision);
	return {
		certificates: [...certificates, ...better],
		secrets: [...kept.secrets.filter((one) => !same(one)), ...came.secrets],
	};
}

/** What some targets still name; the rest can be forgotten. */
export function stillNamed(kept: Credentials, contents: readonly TargetContent[]): Credentials {
	const named = (one: KeptCertificate) =>
		contents.some(({ certificates = [] }) => certificates.some((request) => requestDigest(request) === one.request));
	const used = (one: KeptSecret) =>
		contents.some(({ secrets = [] }) =>
			secrets.some(({ name, revision }) => name === one.name && revision === one.revision),
		);
	return { certificates: kept.certificates.filter(named), secrets: kept.secrets.filter(used) };
}

/** All paths that a target writes, whatever their content comes from; each once. */
export function pathsOf(content: TargetContent): string[] {
	const { files, artifacts, certificates = [], secrets = [] } = content;
	const pairs = certificates.flatMap(({ certificate, key }) => (certificate === key ? [key] : [certificate, key]));
	const plain = [...files, ...secrets].map(({ path }) => path);
	return [...plain, ...artifacts.flatMap(artifactPaths), ...pairs];
}

function keptFor(kept: Credentials, request: CertificateRequest): KeptCertificate | undefined {
	const digest = requestDigest(request);
	return kept.certificates.find((one) => one.request === digest);
}

function secretFor(kept: Credentials, secret: SharedSecret): KeptSecret | undefined {
	return kept.secrets.find((one) => one.name === secret.name && one.revision === secret.revision);
}
