import { z } from "zod";
import { writtenText } from "../written-text.ts";

/** The name of an asset: a relative path, as it stands behind `/assets/`. */
export const AssetName = z
	.string()
	.max(512)
	.regex(
		/^[A-Za-z0-9._~+@-]+(?:\/[A-Za-z0-9._~+@-]+)*$/,
		"an asset's name is made of letters, digits and ._~+@- between slashes",
	)
	.refine(
		(name) => !name.split("/").some((part) => part === "." || part === ".."),
		"an asset's name has no '.' or '..' parts",
	);

/** An asset as `GET /v1/assets` lists it. Hashes are hexadecimal. */
export const AssetView = z.strictObject({
	name: z.string(),
	sizeBytes: z.int(),
	sha256: z.string(),
	sha512: z.string(),
	/** Size of the gzip variant, where one is kept. */
	gzipBytes: z.int().optional(),
	/** Where it came from, for people. */
	source: z.string(),
	/** What it was checked against when it was added. */
	checked: z.array(z.enum(["sha256", "sha512", "signature"])),
});
export type AssetView = z.infer<typeof AssetView>;
/** `GET /v1/assets`: sorted by name. */
export const AssetList = z.strictObject({ assets: z.array(AssetView) });
export type AssetList = z.infer<typeof AssetList>;

/**
 * A detached signature: of Ed25519 (`publicKey`: PEM (SubjectPublicKeyInfo), or minisign's base64 line; `signature`: 64 bytes as
 * base64, or the text of a `.minisig` file), or of OpenPGP, one key and one signature of its own over the bytes, both armored.
 */
export const AssetSignature = z.strictObject({ publicKey: z.string().max(32_768), signature: z.string().max(16_384) });
export type AssetSignature = z.infer<typeof AssetSignature>;

/** One upload at most; a request carries at most `ASSET_CHUNK_BYTES` of it. */
export const ASSET_MAX_BYTES = 16 * 2 ** 30;
export const ASSET_CHUNK_BYTES = 4 * 2 ** 20;

/** `POST /v1/assets`: begins to add one. What comes from a URL needs a hash or a signature. */
export const AssetRequest = z
	.strictObject({
		name: AssetName,
		source: z.union([
			z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2048) }),
			/** The content follows in chunks. `from` names its origin to people. */
			z.strictObject({ uploadBytes: z.int().min(0).max(ASSET_MAX_BYTES), from: writtenText(1024) }),
		]),
		sha256: z
			.string()
			.regex(/^[0-9a-fA-F]{64}$/, "a SHA-256 is 64 hexadecimal digits")
			.optional(),
		sha512: z
			.string()
			.regex(/^[0-9a-fA-F]{128}$/, "a SHA-512 is 128 hexadecimal digits")
			.optional(),
		signature: AssetSignature.optional(),
		/** Also keep a gzip variant, for clients that take one. */
		compress: z.boolean().default(false),
	})
	.refine((request) => !("url" in request.source) || request.sha256 || request.sha512 || request.signature, {
		path: ["source"],
		message: "what comes from a URL needs its SHA-256, its SHA-512 or a signature",
	});
export type AssetRequest = z.infer<typeof AssetRequest>;
/** The same as it is sent, without what has a default. */
export type AssetWish = z.input<typeof AssetRequest>;

/** `DELETE /v1/assets`. */
export const AssetRemoved = z.strictObject({ name: z.string() });

/** What became of one asset when all were read again. */
export const AssetCheck = z.strictObject({ name: z.string(), ok: z.boolean(), reason: z.string().optional() });
export type AssetCheck = z.infer<typeof AssetCheck>;

/** Work that takes its time. Ask again until `state` is done or failed. */
export const AssetWork = z.strictObject({
	workId: z.string(),
	kind: z.enum(["add", "verify"]),
	/** add: the asset's name. */
	name: z.string().optional(),
	/** receiving: the next chunk is awaited at `doneBytes`. */
	state: z.enum(["receiving", "running", "done", "failed"]),
	doneBytes: z.int(),
	/** Absent where the server of a URL does not say. */
	totalBytes: z.int().optional(),
	/** add, done. */
	asset: AssetView.optional(),
	/** verify, done. */
	checks: z.array(AssetCheck).optional(),
	/** failed. */
	reason: z.string().optional(),
	/** failed: what to do. */
	next: z.string().optional(),
});
export type AssetWork = z.infer<typeof AssetWork>;
/** `GET /v1/assets/work`: what is under way, the oldest first. */
export const AssetWorkList = z.strictObject({ works: z.array(AssetWork) });
export type AssetWorkList = z.infer<typeof AssetWorkList>;
