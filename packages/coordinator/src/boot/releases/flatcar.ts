import { ARCHITECTURES, type ReleaseArch, type ReleaseFile } from "./release-file.ts";

export const FLATCAR_CHANNELS = ["stable", "beta", "alpha", "lts"] as const;
export type FlatcarChannel = (typeof FLATCAR_CHANNELS)[number];

/** "Flatcar Buildbot (Official Builds)", of 2018; each year it gets another subkey that signs. */
const KEY = {
	url: "https://www.flatcar.org/security/image-signing-key/Flatcar_Image_Signing_Key.asc",
	fingerprint: "F88CFEDEFF29A5B4D9523864E25D9AED0593B34A",
} as const;

/** The folder of a release; `current` is the channel's newest one. */
function folder(channel: FlatcarChannel, version: string, arch: ReleaseArch): string {
	return `https://${channel}.release.flatcar-linux.net/${ARCHITECTURES[arch].flatcar}/${version}`;
}

/** Where a channel says which release is its newest. */
export function flatcarCurrent(channel: FlatcarChannel, arch: ReleaseArch): string {
	return `${folder(channel, "current", arch)}/version.txt`;
}

/** The release in a `version.txt`; undefined where it is none. */
export function flatcarVersion(text: string): string | undefined {
	return /^FLATCAR_VERSION=(\d+\.\d+\.\d+)$/m.exec(text)?.[1];
}

/** Kernel and image for booting into RAM, under the names that `flatcar` profiles use. */
export function flatcarFiles(channel: FlatcarChannel, version: string, arch: ReleaseArch): ReleaseFile[] {
	const base = folder(channel, version, arch);
	return ["flatcar_production_pxe.vmlinuz", "flatcar_production_pxe_image.cpio.gz"].map((file) => ({
		name: `flatcar/${version}/${arch === "x64" ? "" : `${arch}/`}${file}`,
		url: `${base}/${file}`,
		sum: { algorithm: "sha512", url: `${base}/${file}.DIGESTS` },
		signature: `${base}/${file}.sig`,
		makersKey: KEY,
	}));
}
