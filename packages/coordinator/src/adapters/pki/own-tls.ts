import { X509Certificate } from "node:crypto";
import type { Authority, AuthorityCertificate } from "@rollcall/protocol";
import { IN_CLEAR } from "../../disk/secret-files.ts";
import type { ListenerSuccession } from "../../ports/listener-succession.ts";
import { ALWAYS, type ListenerAuthority } from "./listener-authority.ts";
import { chained, issuePair, type ListenerPair, type OwnWish, ownPairFault } from "./listener-pair.ts";
import { keep, type ListenerTls, type Parts } from "./listener-tls.ts";
import {
	forgetFirstAuthority,
	type ListenerAuthorities,
	prepareNextAuthority,
	readListenerAuthorities,
} from "./next-authority.ts";

/** What the listeners show where the authority is the fleet's own, and how it changes. */
export interface OwnTls extends ListenerTls, ListenerSuccession {
	/** From now on does what the fleet's log says: who signs, and who is believed. What cannot be done is told, and tried again. */
	follow(said: () => Authority | undefined): Promise<void>;
	/** Looks at once whether there is something to do. */
	look(): Promise<void>;
}

/**
 * A pair by the fleet's own authority for listeners, whose key lies in `authorityFolder`. It is made anew when a third of its life is over.
 * Until the log has said who signs, whoever signed last does.
 */
export async function openOwnTls(
	wish: { readonly authorityFolder: string } & Omit<OwnWish, "now">,
	parts: Parts,
): Promise<OwnTls> {
	const { authorityFolder: folder } = wish;
	const { files = IN_CLEAR } = parts;
	let toldTrouble = "";
	const tell = (text: string): void => {
		if (text !== toldTrouble) parts.tell(text, true);
		toldTrouble = text;
	};
	let known = await readListenerAuthorities(folder, files, tell);
	let source: () => Authority | undefined = () => undefined;
	const obey = async (said: Authority | undefined): Promise<void> => {
		if (said === undefined) return;
		const { signing, certificates } = said;
		const believed = new Set(certificates.map(({ fingerprint }) => fingerprint));
		const isThere = (): boolean => everyKey(known).some(({ fingerprint }) => fingerprint === signing);
		if (!isThere()) known = await readListenerAuthorities(folder, files, tell);
		const [first, next] = known;
		if (next?.fingerprint === signing && !believed.has(first.fingerprint)) {
			await forgetFirstAuthority(folder, next, files);
			known = await readListenerAuthorities(folder, files, tell);
		}
		if (!isThere())
			tell(
				`the key of ${signing}, which signs for the fleet's listeners, is not in ${folder}; name a folder that the coordinators share, or copy it from another one`,
			);
	};
	const kept = await keep(parts, async (before) => {
		const said = source();
		await obey(said);
		const now = { ...wish, now: parts.now() };
		const by = everyKey(known).find(({ fingerprint }) => fingerprint === said?.signing) ?? signerOf(before, known);
		const isGood = before !== undefined && ownPairFault(before, by, now) === undefined;
		return { ...(isGood ? chained(before, by) : await issuePair(by, now)), authority: toldAuthorities(known, said) };
	});
	return {
		...kept,
		known: () => recorded(known),
		async prepare() {
			known = await prepareNextAuthority(folder, files, tell);
			return recorded(known);
		},
		follow(said) {
			source = said;
			return kept.look();
		},
	};
}

function everyKey([first, next]: ListenerAuthorities): ListenerAuthority[] {
	return next === undefined ? [first] : [first, next];
}

/** As the log records them. */
function recorded(known: ListenerAuthorities): AuthorityCertificate[] {
	return everyKey(known).map(({ fingerprint, certificate }) => ({
		fingerprint,
		pem: certificate,
		...ALWAYS,
		kept: true,
	}));
}

/** Who signed what was shown last; the first where that is none of them. */
function signerOf(pair: ListenerPair | undefined, known: ListenerAuthorities): ListenerAuthority {
	if (pair === undefined) return known[0];
	const leaf = new X509Certificate(pair.certificate);
	return everyKey(known).find(({ certificate }) => leaf.verify(new X509Certificate(certificate).publicKey)) ?? known[0];
}

/** Whom clients are to believe, PEM: whose keys are there, and who else the log says to somebody without his key. */
function toldAuthorities(known: ListenerAuthorities, said: Authority | undefined): string {
	const here = everyKey(known);
	const isOurs = said?.certificates.some(({ fingerprint }) => fingerprint === known[0].fingerprint);
	const others = (isOurs ? (said?.certificates ?? []) : []).filter(
		(one) => !here.some(({ fingerprint }) => fingerprint === one.fingerprint),
	);
	return [...here.map(({ certificate }) => certificate), ...others.map(({ pem }) => pem)].join("");
}
