import { X509Certificate } from "node:crypto";
import { MOST_AUTHORITIES, ownValue } from "@rollcall/protocol";
import type { Connection } from "./connection.ts";
import { configurationPath, readConfiguration, writeConfiguration } from "./file.ts";

/**
 * Keeps the authorities (PEM as base64) that a coordinator introduced over a connection that the context's own authority vouches for, in place of
 * those of before, and says so. Returns them; undefined where they are none, or the context is another one meanwhile.
 */
export async function keepIntroduced(
	{ pinnedBy, authority }: Connection,
	introduced: string,
	{ env, tell }: { readonly env: NodeJS.ProcessEnv; readonly tell: (text: string) => void },
): Promise<string | undefined> {
	const fresh = certificatesOf(Buffer.from(introduced, "base64").toString("utf8"));
	if (pinnedBy === undefined || fresh === undefined) return undefined;
	const path = configurationPath(env);
	try {
		const configuration = await readConfiguration(path);
		const context = ownValue(configuration.contexts, pinnedBy);
		if (context?.authority === undefined || context.authority !== authority) return undefined;
		const pem = fresh.map((one) => one.toString()).join("");
		await writeConfiguration(path, {
			...configuration,
			contexts: { ...configuration.contexts, [pinnedBy]: { ...context, authority: pem } },
		});
		const names = fresh.map((one) => `sha256:${one.fingerprint256.replaceAll(":", "").toLowerCase()}`);
		tell(`the coordinator's authority changes: context ${pinnedBy} believes ${names.join(" and ")} from now on`);
		return pem;
	} catch (error) {
		tell(`the coordinator's authority changes, and context ${pinnedBy} cannot keep that: ${(error as Error).message}`);
		return undefined;
	}
}

/** The certificates of a PEM text, where all are authorities, and not too many. */
function certificatesOf(pem: string): X509Certificate[] | undefined {
	const pieces = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
	if (pieces.length === 0 || pieces.length > MOST_AUTHORITIES) return undefined;
	try {
		const certificates = pieces.map((piece) => new X509Certificate(piece));
		return certificates.every(({ ca }) => ca) ? certificates : undefined;
	} catch {
		return undefined;
	}
}
