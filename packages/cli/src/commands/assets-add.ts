import { basename } from "node:path";
import { AssetName, type AssetSignature, type AssetWork, systemReason } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { addFromUrl, upload, type Waiting } from "../api/assets.ts";
import type { Api } from "../api/client.ts";
import { makersKeys, openPgpKeys, signatureOf } from "../assets/makers-keys.ts";
import { type AssetFile, assetOfFile, assetsFrom } from "../assets/sources.ts";
import { usageFailure } from "../errors.ts";
import { bytesOf, readTextFile } from "../files/read-text.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { say, tell } from "../terminal.ts";
import { sizeText } from "../views/field-list.ts";
import { readingLine } from "./reading-line.ts";
import { Replacing } from "./replacing.ts";
import { waitedAsset } from "./waited-asset.ts";

const MAX_KEY_BYTES = 4096;
const MAX_SIGNATURE_BYTES = 65_536;
const AFTER = `
WHAT is a file of this computer, which is uploaded, or a URL, which the coordinator fetches once and keeps. A URL needs its hash or a
signature: OpenPGP's, minisign's, or plain Ed25519 as \`openssl pkeyutl -sign -rawin\` makes it (base64). NAME is the path below /assets/, like
flatcar/4230.2.4/flatcar_production_pxe.vmlinuz. --from takes a whole folder or a tar archive, for sites without internet; a SHA256SUMS in it
is held against the files, and its signature (SHA256SUMS.sign, .asc, .gpg, .sig) against the keys of --keyring or ~/.config/rollcall/makers-keys. A name in use for other content is asked about; in a pipe it needs --yes.

Examples:
  rollcall assets add flatcar/4230.2.4/vmlinuz https://mirror.example/vmlinuz --sha512 "$SUM"
  rollcall assets add kubernetes/1.36.2/kubelet ./kubelet --signature kubelet.minisig --public-key release.pub
  rollcall assets add --from ./usb-stick --prefix lab
  rollcall assets add --from assets.tar.gz`;

interface Options {
	readonly sha256?: string;
	readonly sha512?: string;
	readonly signature?: string;
	readonly publicKey?: string;
	readonly compress?: boolean;
	readonly from?: string;
	readonly prefix?: string;
	readonly keyring?: string;
	readonly yes?: boolean;
}

type Expect = { sha256?: string; sha512?: string; signature?: AssetSignature; compress: boolean };

/** `rollcall assets add`. */
export const addAssetsAdd: AddCommand = (assets, run) => {
	assets
		.command("add")
		.description("add a file from this computer or from a URL, or a folder of them")
		.argument("[name]", "its path below /assets/")
		.argument("[what]", "a file or an http(s) URL")
		.option("--sha256 <hex>", "what it must hash to", parseHash(64))
		.option("--sha512 <hex>", "what it must hash to", parseHash(128))
		.option("--signature <file>", "a detached signature: Ed25519 or OpenPGP")
		.option("--public-key <file>", "whose signature that must be; for OpenPGP also a ring")
		.option("--compress", "also keep it compressed, for clients that take gzip")
		.option("--from <path>", "add everything in a folder or a tar archive")
		.option("--prefix <path>", "with --from: put it below this path")
		.option(
			"--keyring <path>",
			"with --from: OpenPGP keys, a file or a folder; SHA256SUMS must be signed by one, and name every file",
		)
		.option("-y, --yes", "do not ask before a name in use gets other content")
		.addHelpText("after", AFTER)
		.action((name: string | undefined, what: string | undefined, options: Options, command) =>
			run(command, (session) =>
				options.from === undefined ? addOne(session, name, what, options) : addMany(session, options),
			),
		);
};

async function addOne(
	session: Session,
	name: string | undefined,
	what: string | undefined,
	options: Options,
): Promise<undefined> {
	if (name === undefined || what === undefined)
		throw usageFailure("NAME and WHAT are needed, or --from", "rollcall assets add --help");
	const checked = AssetName.safeParse(name);
	if (!checked.success) throw usageFailure(`${name}: ${checked.error.issues[0]?.message}`);
	const expect = await expected(what, options);
	const isUrl = /^https?:\/\//i.test(what);
	if (!isUrl && /^[a-z][a-z0-9+.-]*:\/\//i.test(what))
		throw usageFailure(
			`${what}: only http and https are fetched`,
			`fetch it yourself, then: rollcall assets add ${name} FILE`,
		);
	if (isUrl && !expect.sha256 && !expect.sha512 && !expect.signature)
		throw usageFailure(
			`${what}: what comes from a URL needs --sha256, --sha512 or --signature`,
			"the publisher names them beside the file",
		);
	const file = isUrl ? undefined : await assetOfFile(what, name, readingLine(session));
	const api = await session.connect();
	const replacing = await Replacing.of(session, api, options.yes === true);
	await replacing.check({ name, sha256: file?.sha256 ?? expect.sha256, sha512: expect.sha512 });
	const { json, value } = await waitedAsset(session, name, (waiting) =>
		file ? send(api, file, expect, waiting) : addFromUrl(api, { name, source: { url: what }, ...expect }, waiting),
	);
	if (session.json) printJson(session, json);
	else tell(session.out, addedText(name, value));
	return undefined;
}

async function addMany(session: Session, options: Options): Promise<undefined> {
	const { from = "", prefix = "" } = options;
	if (options.sha256 ?? options.sha512 ?? options.signature)
		throw usageFailure("--from takes its hashes from SHA256SUMS", `put one into ${basename(from)}`);
	const api = await session.connect();
	const replacing = await Replacing.of(session, api, options.yes === true);
	const works: unknown[] = [];
	const keys = await makersKeys(options.keyring, session.env);
	const onUnchecked = (text: string) => session.json || say(session.err, text);
	const required = options.keyring !== undefined;
	const reading = readingLine(session);
	for await (const file of assetsFrom(from, { prefix, keys, required, onUnchecked, reading })) {
		await replacing.check(file);
		const { json, value } = await waitedAsset(session, file.name, (waiting) =>
			send(api, file, { compress: options.compress ?? false }, waiting),
		);
		works.push(json);
		if (!session.json) tell(session.out, addedText(file.name, value));
	}
	if (session.json) printJson(session, works);
	else say(session.err, `${works.length} assets were added`);
	return undefined;
}

function send(api: Api, file: AssetFile, expect: Expect, waiting: Waiting) {
	const { name, sizeBytes, from, sha256, content } = file;
	const known = sha256 === undefined ? {} : { sha256 };
	return upload(api, { name, source: { uploadBytes: sizeBytes, from }, ...known, ...expect }, content, waiting);
}

async function expected(what: string, options: Options): Promise<Expect> {
	const { signature, publicKey, sha256, sha512 } = options;
	if ((signature === undefined) !== (publicKey === undefined))
		throw usageFailure("--signature and --public-key belong together");
	return {
		compress: options.compress ?? false,
		...(sha256 === undefined ? {} : { sha256 }),
		...(sha512 === undefined ? {} : { sha512 }),
		...(signature === undefined || publicKey === undefined
			? {}
			: {
					signature: await readSignature(what, signature, publicKey),
				}),
	};
}

async function readSignature(what: string, signature: string, publicKey: string): Promise<AssetSignature> {
	const keys = await openPgpKeys(publicKey);
	if (keys) {
		const bytes = await bytesOf(signature, MAX_SIGNATURE_BYTES).catch((error: unknown) => {
			throw usageFailure(`${signature}: ${systemReason(error)}`, "name the file of a signature");
		});
		return signatureOf(keys, { file: what, where: signature, bytes });
	}
	return {
		signature: await readTextFile(signature, MAX_KEY_BYTES),
		publicKey: await readTextFile(publicKey, MAX_KEY_BYTES),
	};
}

/** Reads a hash of so many hexadecimal digits. */
function parseHash(digits: number): (text: string) => string {
	return (text) => {
		if (/^[0-9a-fA-F]+$/.test(text) && text.length === digits) return text.toLowerCase();
		throw new InvalidArgumentError(`it is ${digits} hexadecimal digits.`);
	};
}

/** What became of an asset, in a line. */
export function addedText(name: string, { asset }: AssetWork): string {
	const how = asset && asset.checked.length > 0 ? `, checked by ${asset.checked.join(" and ")}` : "";
	return `${name}: ${sizeText(asset?.sizeBytes ?? 0)}${how}, sha256 ${asset?.sha256 ?? "?"}`;
}
