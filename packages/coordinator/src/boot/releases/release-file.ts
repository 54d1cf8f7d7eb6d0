/** A file of a release, as its maker publishes it. */
export interface ReleaseFile {
	/** Its name among the assets. */
	readonly name: string;
	readonly url: string;
	/** The checksum file beside it, or the sum itself where a list of the maker's has it. */
	readonly sum: { readonly algorithm: "sha256" | "sha512" } & ({ readonly url: string } | { readonly hex: string });
	/** Where its maker's detached OpenPGP signature over the file itself is; absent where none is published. */
	readonly signature?: string;
	/** The key that it is signed with, where its maker keeps one for all years: where it is published, and its fingerprint in capital letters. */
	readonly makersKey?: { readonly url: string; readonly fingerprint: string };
	/** How a machine takes it as an artifact; absent for kernels and initrds. */
	readonly artifact?: {
		readonly path: string;
		readonly mode: string;
		readonly unpack?: readonly { readonly member: string; readonly path: string; readonly mode: string }[];
	};
}

/** Architectures by the names of Go's makers, and by those of Fedora. */
export const ARCHITECTURES = {
	x64: { go: "amd64", fedora: "x86_64", flatcar: "amd64-usr" },
	arm64: { go: "arm64", fedora: "aarch64", flatcar: "arm64-usr" },
} as const;
export type ReleaseArch = keyof typeof ARCHITECTURES;
