import type { Check, DocumentPath, Finding } from "./finding.ts";

const KEEP = "keep the file at the coordinator, `rollcall assets add NAME FILE`, and name it by asset";

/** What stands in the document is read by many, in events, plans and on machines: no address in it has a password. Agents fetch from none that has. */
export const checkAddresses: Check = ({ kubernetes, roles, images }) => {
	const holders: (readonly [DocumentPath, readonly { readonly urls: readonly string[] }[]])[] = [
		[["kubernetes", "artifacts"], kubernetes.artifacts],
		[["images", "archives"], images.archives],
		...Object.entries(roles).map(([name, { artifacts }]) => [["roles", name, "artifacts"], artifacts] as const),
	];
	const files = holders.flatMap(([path, files]) =>
		files.flatMap(({ urls }, at) =>
			urls.flatMap((url, index) => (hasAccount(url) ? [finding([...path, at, "urls", index])] : [])),
		),
	);
	const issuers = kubernetes.oidc.flatMap(({ issuerUrl }, at) =>
		hasAccount(issuerUrl) ? [finding(["kubernetes", "oidc", at, "issuerUrl"], "write it without")] : [],
	);
	return { findings: [...files, ...issuers] };
};

/** True where an address, which can be parsed, has a name or a password in it. */
export function hasAccount(url: string): boolean {
	const { username, password } = new URL(url);
	return username !== "" || password !== "";
}

function finding(path: DocumentPath, suggestion = KEEP): Finding {
	return {
		path,
		message: "a name or a password in an address would be read by all who may read the document",
		suggestion,
	};
}
