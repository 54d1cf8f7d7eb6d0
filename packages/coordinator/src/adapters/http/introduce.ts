import { fingerprintsOf } from "@rollcall/protocol";

/**
 * Answers a client that names the authorities which it believes. Where it should believe others, the answer is those, PEM as base64; else undefined. The client
 * verified the connection by an authority that it believes, so that this one vouches for the others.
 */
export function introducer(authority: () => string | undefined): (named: unknown) => string | undefined {
	let known = { pem: "", named: "", told: "" };
	return (named) => {
		const pem = authority();
		if (typeof named !== "string" || pem === undefined) return undefined;
		if (known.pem !== pem)
			known = { pem, named: nameOf(fingerprintsOf(pem)), told: Buffer.from(pem).toString("base64") };
		return nameOf(named.split(",")) === known.named ? undefined : known.told;
	};
}

function nameOf(fingerprints: readonly string[]): string {
	return fingerprints.toSorted().join();
}
