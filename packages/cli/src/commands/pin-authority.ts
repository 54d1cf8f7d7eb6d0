import { checkAuthority, fingerprintOf, readFingerprint, shownAuthority } from "../configuration/authority.ts";
import { readAuthority } from "../configuration/connection.ts";
import { Failure } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { agrees } from "./agreement.ts";

/** How an operator says whom a coordinator is believed by. */
export interface PinOptions {
	/** The SHA-256 of the authority's certificate. */
	readonly fingerprint?: string | undefined;
	/** The certificate itself, PEM. */
	readonly caFile?: string | undefined;
}

/**
 * Whom a coordinator is to be believed by from now on, PEM: what was named, or what it shows, once a person or a fingerprint has said
 * that it is the right one. Undefined where this computer believes it anyway. Throws Failure.
 */
export async function authorityToKeep(
	session: Session,
	server: string,
	{ fingerprint, caFile }: PinOptions,
): Promise<string | undefined> {
	if (new URL(server).protocol !== "https:") return undefined;
	const wanted = fingerprint === undefined ? undefined : readFingerprint(fingerprint);
	const authority = caFile === undefined ? await shownAuthority(server) : await readAuthority(caFile, "--ca-file");
	if (authority === undefined) {
		if (wanted === undefined) return undefined;
		throw new Failure(`${server} has a certificate that this computer believes anyway, and not by ${wanted}`, {
			exit: EXIT.unreachable,
			next: "leave --fingerprint out where that is right; else somebody else answers there",
		});
	}
	const shown = fingerprintOf(authority);
	if (wanted !== undefined && shown !== wanted)
		throw new Failure(`${server} is by the authority ${shown}, not ${wanted}`, {
			exit: EXIT.unreachable,
			next: "somebody else may answer there: compare with what the coordinator's own log says",
		});
	await checkAuthority(server, authority);
	if (wanted === undefined && caFile === undefined) await confirm(session, server, shown);
	return authority;
}

async function confirm(session: Session, server: string, shown: string): Promise<void> {
	const compare = "the coordinator's log has the right one, where it says that the API listens";
	if (!session.ask)
		throw new Failure(`${server} is by the authority ${shown}, which nobody has confirmed`, {
			exit: EXIT.usage,
			next: `compare it (${compare}), and add --fingerprint ${shown}`,
		});
	tell(session.err, `${server} is by the authority ${shown}; ${compare}`);
	if (await agrees(session, "Is it that one?")) return;
	throw new Failure("not confirmed, so nothing was kept", {
		exit: EXIT.interrupted,
		next: `compare: ${compare}`,
	});
}
