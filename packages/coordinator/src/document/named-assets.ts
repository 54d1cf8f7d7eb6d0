import type { AssetView } from "@rollcall/protocol";
import type { DocumentPath, Finding } from "./finding.ts";

/** The assets that a document may name, and where machines have them from. Undefined where no coordinator is asked. */
export interface NamedAssets {
	readonly files: Pick<ReadonlyMap<string, Pick<AssetView, "sha256" | "sizeBytes">>, "get">;
	/** The boot listener, without a slash at the end. */
	readonly base: string;
}

/**
 * A document's value with digest, size and address of each artifact that only names an asset. What is filled in is part of the
 * document from then on: another file under that name changes no machine before the document is applied again.
 */
export function withAssets(
	value: unknown,
	assets: NamedAssets | undefined,
): { readonly value: unknown; readonly findings: readonly Finding[] } {
	const document = objectOf(value);
	if (!document) return { value, findings: [] };
	const findings: Finding[] = [];
	const filledIn = (holder: unknown, path: DocumentPath): unknown => {
		const { artifacts } = objectOf(holder) ?? {};
		if (!Array.isArray(artifacts)) return holder;
		const each = artifacts.map((entry: unknown, index) => {
			const filled = withAsset(entry, assets);
			if (typeof filled !== "string") return filled;
			const at = [...path, "artifacts", index, "asset"];
			findings.push({ path: at, message: filled, suggestion: "rollcall assets fetch, or rollcall assets add" });
			return entry;
		});
		return { ...objectOf(holder), artifacts: each };
	};
	const roles = objectOf(document.roles);
	const filled = {
		...document,
		...("kubernetes" in document ? { kubernetes: filledIn(document.kubernetes, ["kubernetes"]) } : {}),
		...(roles
			? {
					roles: Object.fromEntries(
						Object.entries(roles).map(([name, role]) => [name, filledIn(role, ["roles", name])]),
					),
				}
			: {}),
	};
	return { value: filled, findings };
}

/** An artifact with what its asset is, or why there is none in a sentence. */
function withAsset(entry: unknown, assets: NamedAssets | undefined): unknown {
	const artifact = objectOf(entry);
	if (typeof artifact?.asset !== "string" || artifact.sha256 !== undefined) return entry;
	if (!assets) return "assets are known to a coordinator with a boot listener only";
	const found = assets.files.get(artifact.asset);
	if (!found) return `there is no asset ${artifact.asset.slice(0, 256)}`;
	const url = `${assets.base}/assets/${artifact.asset}`;
	return { ...artifact, sha256: `sha256:${found.sha256}`, sizeBytes: found.sizeBytes, urls: [url] };
}

/** A value as an object; undefined where it is none. */
export function objectOf(value: unknown): Record<string, unknown> | undefined {
	return typeof value === "object" && value !== null && !Array.isArray(value)
		? (value as Record<string, unknown>)
		: undefined;
}
