import { z } from "zod";
import { ARCHITECTURES, type ReleaseArch, type ReleaseFile } from "./release-file.ts";

export const FEDORA_STREAMS = ["stable", "testing", "next"] as const;
export type FedoraStream = (typeof FEDORA_STREAMS)[number];

const BUILDS = "https://builds.coreos.fedoraproject.org";

/** Where a stream says which release is its newest, and where one release says what it has. */
export function fedoraMetadata(stream: FedoraStream, version?: string): string {
	return version === undefined
		? `${BUILDS}/streams/${stream}.json`
		: `${BUILDS}/prod/streams/${stream}/builds/${version}/release.json`;
}

const Address = z.url({ protocol: /^https?$/ }).max(1024);
const File = z.object({
	location: Address,
	signature: Address.optional().catch(undefined),
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const Pxe = z.object({ pxe: z.object({ kernel: File, initramfs: File, rootfs: File }) });
/** A stream's `formats` are a release's `artifacts`, and its `artifacts` that one's `media`. */
const Stream = z.object({
	architectures: z.record(
		z.string(),
		z.object({ artifacts: z.object({ metal: z.object({ release: z.string().max(64), formats: Pxe }) }) }),
	),
});
const Release = z.object({
	release: z.string().max(64),
	architectures: z.record(z.string(), z.object({ media: z.object({ metal: z.object({ artifacts: Pxe }) }) })),
});

/** Kernel, initramfs and root file system that a stream or a release names; undefined where it names none. */
export function fedoraFiles(
	metadata: unknown,
	arch: ReleaseArch,
): { readonly version: string; readonly files: ReleaseFile[] } | undefined {
	const { fedora } = ARCHITECTURES[arch];
	const stream = Stream.safeParse(metadata).data?.architectures[fedora]?.artifacts.metal;
	const release = Release.safeParse(metadata).data;
	const pxe = stream?.formats.pxe ?? release?.architectures[fedora]?.media.metal.artifacts.pxe;
	const version = stream?.release ?? release?.release;
	if (!pxe || version === undefined) return undefined;
	const files = [pxe.kernel, pxe.initramfs, pxe.rootfs].map(
		({ location, sha256, signature }): ReleaseFile => ({
			name: `fedora-coreos/${new URL(location).pathname.replace(/^.*\//, "")}`,
			url: location,
			sum: { algorithm: "sha256", hex: sha256 },
			signature: signature ?? `${location}.sig`,
		}),
	);
	return { version, files };
}
