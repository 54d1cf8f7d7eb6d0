import type { ClusterDocument } from "@rollcall/protocol";
import { hasAccount } from "./check-addresses.ts";
import type { Check, Finding } from "./finding.ts";

/** How many mirrors may need an account: a target may name only so many secrets besides those that it always names. */
const MOST_ACCOUNTS = 12;

/** Where Docker Hub is reached. Its images are of docker.io, and containerd looks for a mirror by that name. */
const HUB = new Set(["index.docker.io", "registry-1.docker.io", "registry.docker.io", "hub.docker.com"]);

type Mirror = ClusterDocument["images"]["mirrors"][number];

/** An endpoint is a place and nothing else: what stands in the document is read by many, so no password does. */
export const checkMirrors: Check = ({ images: { mirrors } }) => {
	const places = mirrors.flatMap((mirror, at) =>
		mirror.endpoints.flatMap((endpoint, index): Finding[] => {
			const wrong = endpointFault(endpoint, mirror);
			return wrong ? [{ path: ["images", "mirrors", at, "endpoints", index], ...wrong }] : [];
		}),
	);
	const names = mirrors.flatMap(({ registry }, at): Finding[] => {
		const meant = HUB.has(registry.toLowerCase()) ? "docker.io" : registry.toLowerCase();
		const path = ["images", "mirrors", at, "registry"];
		if (/^[.-]|\.\.|[.-](?::|$)/.test(registry))
			return [{ path, message: `${registry} is no host`, suggestion: "a host, like docker.io" }];
		if (registry === meant) return [];
		return [{ path, message: `no image is of a registry ${registry}`, suggestion: `write ${meant}` }];
	});
	const guarded = mirrors.flatMap(({ account }, at) => (account === undefined ? [] : [at]));
	const tooMany = guarded.slice(MOST_ACCOUNTS, MOST_ACCOUNTS + 1).map((at) => ({
		path: ["images", "mirrors", at, "account"],
		message: `at most ${MOST_ACCOUNTS} mirrors have an account`,
		suggestion: "have one cache serve the others without an account",
	}));
	return { findings: [...names, ...places, ...tooMany] };
};

function endpointFault(endpoint: string, { authority, account }: Mirror): Omit<Finding, "path"> | undefined {
	const { search, hash, protocol, href } = new URL(endpoint);
	if (hasAccount(endpoint))
		return {
			message: "an account in an address would be read by all who may read the document",
			suggestion: "name it by account, and give the coordinator its password in a file",
		};
	// It is written as it stands into files of machines, where nobody reads it as a browser does.
	if (!/^[!-~]+$/.test(endpoint) || endpoint.includes("\\"))
		return { message: "an address of a mirror has no blanks, and letters of ASCII only", suggestion: `write ${href}` };
	if (search !== "" || hash !== "") return { message: "an address of a mirror ends with its path" };
	if (protocol !== "http:") return undefined;
	if (authority !== undefined)
		return { message: "an authority signs for https only", suggestion: "write https, or leave authority out" };
	if (account !== undefined)
		return {
			message: "a password over http would be read by all on the way",
			suggestion: "write https, with authority for one of your own",
		};
	return undefined;
}
