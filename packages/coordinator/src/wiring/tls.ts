import { join } from "node:path";
import { speaksTls } from "@rollcall/protocol";
import { openClientCertificates } from "../adapters/pki/client-certificates.ts";
import { openListenerAuthority } from "../adapters/pki/listener-authority.ts";
import { type ListenerTls, openGivenTls } from "../adapters/pki/listener-tls.ts";
import { type OwnTls, openOwnTls } from "../adapters/pki/own-tls.ts";
import type { CoordinatorConfig } from "../config.ts";
import { makePrivateFolder, writeAtomically } from "../disk/atomic-write.ts";
import { ConfigError } from "../errors.ts";
import type { Base } from "./base.ts";
import { certifiedNames } from "./own-names.ts";
import { foldersOf } from "./secrets.ts";

/** TLS of this coordinator's listeners. */
interface CoordinatorTls {
	/** What they show; undefined where TLS is off. */
	readonly shown: ListenerTls | undefined;
	/** The same where it is by the fleet's own authority, which can change. */
	readonly own?: OwnTls;
	/** The authority of that, PEM; undefined for one that everybody knows. Where TLS is off: the one that would be used. */
	readonly authority: () => string | undefined;
	/** Operators with certificates; undefined where none are taken. */
	readonly holders?: Awaited<ReturnType<typeof openClientCertificates>>;
}

/** Opens what the configuration names, and puts on `closing` what has to be closed. Throws ConfigError, or an Error that names a file. */
export async function openTls(
	{ config, clock, log, files, ram }: Base,
	closing: AsyncDisposableStack,
): Promise<CoordinatorTls> {
	const { tls, advertise } = config;
	const { tls: folder, authorities: authorityFolder } = foldersOf(config);
	if (tls === "off") {
		// Machines get it all the same, so that TLS can be switched on while they live.
		const { certificate } = await openListenerAuthority(authorityFolder, files);
		await makePrivateFolder(folder);
		await writeAtomically(join(folder, "authority.crt"), certificate, 0o644);
		return { shown: undefined, authority: () => certificate };
	}
	if (advertise.http?.startsWith("http:"))
		throw new ConfigError(
			`advertise.http is ${advertise.http}, and the API speaks HTTPS: write https:// there, or switch TLS off with tls: off`,
		);
	const tell = (text: string, isTrouble: boolean): void => log[isTrouble ? "error" : "info"](text);
	const parts = { folder, files, ramFolder: ram, now: () => clock.wall(), tell };
	const own =
		"certificateFile" in tls
			? undefined
			: await openOwnTls(
					{ authorityFolder, names: certifiedNames(config), lifeSeconds: tls.certificateSeconds },
					parts,
				);
	const shown = "certificateFile" in tls ? await openGivenTls(tls, parts) : (own as OwnTls);
	closing.defer(() => shown.close());
	const { clientAuthorities } = tls;
	const holders = clientAuthorities && (await openClientCertificates(clientAuthorities, parts));
	closing.defer(() => holders?.close());
	return { shown, authority: () => shown.authority(), ...(own ? { own } : {}), ...(holders ? { holders } : {}) };
}

/**
 * Whom machines are to believe, both on the API and on the bus, PEM; undefined for authorities that everybody knows. A machine believes
 * either those that it is given or those that everybody knows, so one of each is a fault. Throws ConfigError.
 */
export function toldAuthority(
	{ nats }: Pick<CoordinatorConfig, "nats">,
	{ shown, authority }: CoordinatorTls,
	ofBus: string | undefined,
): () => string | undefined {
	const busNeedsOne = "external" in nats && speaksTls(nats.external.servers) && ofBus === undefined;
	if (!shown && busNeedsOne) return () => undefined;
	if (busNeedsOne && authority() !== undefined)
		throw new ConfigError(
			"nats.external.authorityFile is missing: machines are given the API's authority, and believe no other; name the bus's too",
		);
	if (authority() === undefined && ofBus !== undefined)
		throw new ConfigError(
			"tls.authorityFile is missing: machines are given the bus's authority, and believe no other; name that of tls.certificateFile too",
		);
	return () => [authority(), ofBus].filter((one) => one !== undefined).join("\n") || undefined;
}

/** Where agents are to look for the API, the first first. Where TLS is off they try it all the same, so that it can be switched on while they live. */
export function toldApis(url: string, isOff: boolean): string[] {
	return isOff ? [...new Set([url.replace(/^http:/, "https:"), url])] : [url];
}
