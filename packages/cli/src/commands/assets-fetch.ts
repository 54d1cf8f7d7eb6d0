import type { AssetSignature, AssetWish } from "@rollcall/protocol";
import { InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { addFromUrl, listAssets, upload, type Waiting } from "../api/assets.ts";
import { makersKeys } from "../assets/makers-keys.ts";
import { pinnedKeys } from "../assets/pinned-keys.ts";
import { signaturesOf, unsignedText } from "../assets/release-signatures.ts";
import { type FoundFile, type ReleaseSource, releaseSource, textOf } from "../assets/release-source.ts";
import { Failure, usageFailure } from "../errors.ts";
import type { ReleaseArch, ReleaseFile } from "../offline/core.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { tell } from "../terminal.ts";
import { addedText } from "./assets-add.ts";
import { readingLine } from "./reading-line.ts";
import { waitedAsset } from "./waited-asset.ts";

const AFTER = `
WHAT is kubernetes (kubelet, kubectl, crictl, containerd, runc, CNI plugins: the releases that fit its minor version), flatcar or fedora-coreos (kernel,
initrd, image). VERSION is a release, or for the last two a channel. Files come from their makers' release addresses; the coordinator fetches
them, and each must have the sum that its maker publishes beside it. --from takes them from a mirror, a folder or a tar archive that has
what the makers have, below their host names or without them; files of this computer are uploaded. What is kept already is not fetched again.
What Flatcar signs must have its signature where its key is at hand, which is known by its fingerprint and comes with the files. With --keyring, or keys in
~/.config/rollcall/makers-keys, so must what Flatcar, Fedora CoreOS and runc sign; the others sign nothing that can be checked here. Ctrl-C ends it: what is whole already stays, and the same command goes on with the rest.

Examples:
  rollcall assets fetch kubernetes 1.36.2
  rollcall assets fetch kubernetes 1.36.2 --arch arm64 --from /media/usb/releases
  rollcall assets fetch flatcar stable
  rollcall assets fetch fedora-coreos 42.20250803.3.0 --from https://mirror.example/releases`;

interface Options {
	readonly arch: ReleaseArch;
	readonly from?: string;
	readonly channel?: string;
	readonly keyring?: string;
}

/** `rollcall assets fetch`. */
export const addAssetsFetch: AddCommand = (assets, run) => {
	assets
		.command("fetch")
		.description("bring the files of a release, each checked by the sum that its maker publishes")
		.argument("<what>", "kubernetes, flatcar or fedora-coreos")
		.argument("<version>", "a release, or a channel of flatcar or fedora-coreos")
		.option("--arch <arch>", "x64 or arm64", parseArch, "x64")
		.option("--channel <name>", "with a release of flatcar: its channel (default: stable)")
		.option("--from <place>", "a mirror's URL, a folder or a tar archive instead of the makers")
		.option("--keyring <path>", "the makers' OpenPGP keys, a file or a folder: what they signed must be so")
		.addHelpText("after", AFTER)
		.action((what: string, version: string, options: Options, command) =>
			run(command, (session) => fetchRelease(session, { what, version, options })),
		);
};

interface Wish {
	readonly what: string;
	readonly version: string;
	readonly options: Options;
}

async function fetchRelease(session: Session, wish: Wish): Promise<undefined> {
	const source = await releaseSource(wish.options.from, readingLine(session));
	const files = await filesOf(wish, source);
	const sums = new Map<ReleaseFile, string>();
	for (const file of files) sums.set(file, await sumOf(file, source));
	let missing: string | undefined;
	const onMissing = (why: string) => {
		missing = why;
	};
	const keys = (await makersKeys(wish.options.keyring, session.env)) ?? (await pinnedKeys(files, source, onMissing));
	const signatures = keys ? await signaturesOf(files, source, keys) : new Map<ReleaseFile, AssetSignature>();
	const api = await session.connect();
	const kept = new Map((await listAssets(api)).value.assets.map((asset) => [asset.name, asset]));
	const isKept = (file: ReleaseFile) => {
		const asset = kept.get(file.name);
		// What came when nobody had the maker's key comes again, to be checked.
		const isChecked = !signatures.has(file) || asset?.checked.includes("signature");
		return isChecked && asset?.[file.sum.algorithm] === sums.get(file);
	};
	for (const { name } of files.filter(isKept)) if (!session.json) tell(session.out, `${name}: kept already`);
	const works: unknown[] = [];
	for await (const found of source.files(files.filter((file) => !isKept(file)))) {
		const { name, sum } = found.file;
		const signature = signatures.get(found.file);
		const expect = { name, [sum.algorithm]: sums.get(found.file) ?? "", ...(signature && { signature }) };
		const { json, value } = await waitedAsset(session, name, (waiting) => bring(api, found, expect, waiting));
		works.push(json);
		if (!session.json) tell(session.out, addedText(name, value));
	}
	if (session.json) printJson(session, works);
	else {
		const unchecked = unsignedText(files, signatures, session.env);
		if (unchecked !== undefined) tell(session.err, missing === undefined ? unchecked : `${unchecked}; ${missing}`);
		tell(session.err, hint(wish, files));
	}
	return undefined;
}

function bring(
	api: Parameters<typeof upload>[0],
	found: FoundFile<ReleaseFile>,
	expect: Omit<AssetWish, "source">,
	waiting: Waiting,
) {
	if ("url" in found) return addFromUrl(api, { ...expect, source: { url: found.url } }, waiting);
	const { sizeBytes, from, content } = found.local;
	return upload(api, { ...expect, source: { uploadBytes: sizeBytes, from } }, content, waiting);
}

async function filesOf({ what, version, options }: Wish, source: ReleaseSource): Promise<readonly ReleaseFile[]> {
	const core = await import("../offline/core.ts");
	const { arch } = options;
	if (options.channel !== undefined && what !== "flatcar")
		throw usageFailure(`--channel is for flatcar, not for ${what}`);
	if (what === "kubernetes") {
		const files = core.kubernetesFiles(version, arch);
		if (files) return files;
		throw usageFailure(`kubernetes ${version}: only ${core.KNOWN_VERSIONS.join(", ")} and their releases are known`);
	}
	if (what === "flatcar") {
		const channel = core.FLATCAR_CHANNELS.find((known) => known === (options.channel ?? channelOf(version)));
		if (!channel) throw usageFailure(`--channel is one of ${core.FLATCAR_CHANNELS.join(", ")}`);
		if (/^\d+\.\d+\.\d+$/.test(version)) return core.flatcarFiles(channel, version, arch);
		if (version !== channel) throw usageFailure(`flatcar ${version}: neither a release nor a channel`);
		const url = core.flatcarCurrent(channel, arch);
		const current = core.flatcarVersion(await textOf(source, url));
		if (current === undefined) throw new Failure(`${url} names no release`);
		return core.flatcarFiles(channel, current, arch);
	}
	if (what === "fedora-coreos") {
		const isRelease = /^\d+\.\d{8}\.[123]\.\d+$/.test(version);
		const stream = isRelease ? streamOf(version) : version;
		const known = core.FEDORA_STREAMS.find((one) => one === stream);
		if (!known)
			throw usageFailure(`fedora-coreos ${version}: neither a release nor one of ${core.FEDORA_STREAMS.join(", ")}`);
		const url = core.fedoraMetadata(known, isRelease ? version : undefined);
		const named = core.fedoraFiles(parseJson(await textOf(source, url), url), arch);
		if (named) return named.files;
		throw new Failure(`${url} names no files for booting from the network on ${arch}`);
	}
	throw usageFailure(`${what}: it is none of kubernetes, flatcar, fedora-coreos`, "rollcall assets fetch --help");
}

function channelOf(version: string): string {
	return /^\d/.test(version) ? "stable" : version;
}

/** The third number of a release of Fedora CoreOS tells its stream. */
function streamOf(version: string): string | undefined {
	return { 1: "next", 2: "testing", 3: "stable" }[version.split(".")[2] ?? ""];
}

function parseJson(text: string, url: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new Failure(`${url} is not JSON`);
	}
}

async function sumOf({ url, sum }: ReleaseFile, source: ReleaseSource): Promise<string> {
	if ("hex" in sum) return sum.hex;
	const { checksumOf } = await import("../offline/core.ts");
	const found = checksumOf(await textOf(source, sum.url), url.replace(/^.*\//, ""), sum.algorithm);
	if (found !== undefined) return found;
	throw new Failure(`${sum.url} names no ${sum.algorithm} of ${url.replace(/^.*\//, "")}`, {
		next: "look at that file; nothing is fetched without a sum",
	});
}

/** What comes next: where the files are wanted. */
function hint({ what, options }: Wish, files: readonly ReleaseFile[]): string {
	if (what !== "kubernetes") {
		const names = files.map(({ name }) => `  /assets/${name}`).join("\n");
		return `${files.length} files are kept; the boot document names them, in the places where deploy/profiles/${what}.yaml has those of its release:\n${names}`;
	}
	const artifacts = files.flatMap(({ name, artifact }) =>
		artifact ? [{ asset: name, arch: options.arch, when: "lacking", ...artifact }] : [],
	);
	return `${files.length} files are kept; for the cluster document:\n${stringify({ kubernetes: { artifacts } }, { lineWidth: 0 }).trimEnd()}`;
}

function parseArch(text: string): ReleaseArch {
	if (text === "x64" || text === "amd64" || text === "x86_64") return "x64";
	if (text === "arm64" || text === "aarch64") return "arm64";
	throw new InvalidArgumentError("it is x64 or arm64.");
}
