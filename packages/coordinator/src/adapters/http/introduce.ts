import { fingerprintsOf } from "@rollcall/protocol";

/**
 * What a client is told that named the authorities which it believes: those that it is to believe, PEM as base64, where they are others. It has
 * verified the connection by one that it believes, so that one introduces them.
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
