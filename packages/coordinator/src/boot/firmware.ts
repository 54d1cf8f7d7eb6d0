import type { BootPrograms } from "@rollcall/protocol";

type Kind = keyof BootPrograms;

/** One kind of firmware, and the program that brings it on: iPXE. */
export interface Firmware {
	/** Also its tag or class in a DHCP server. */
	readonly kind: Kind;
	/** The iPXE program; undefined where there is none for it. */
	readonly program: string | undefined;
	/** Client architectures (option 93; RFC 4578 and IANA's later numbers) that load it by TFTP, and by HTTP. */
	readonly tftp: readonly number[];
	readonly http: readonly number[];
	/** The words of dnsmasq's `pxe-service` for those of TFTP. */
	readonly services: readonly string[];
}

/** Architecture 22 is U-Boot on arm64, which starts UEFI programs that it loads by TFTP. */
const KINDS: readonly Omit<Firmware, "program">[] = [
	{ kind: "bios", tftp: [0], http: [], services: ["x86PC"] },
	{ kind: "uefi", tftp: [7, 9], http: [16], services: ["BC_EFI", "X86-64_EFI"] },
	{ kind: "arm64", tftp: [11, 22], http: [19], services: ["ARM64_EFI"] },
	{ kind: "uefi32", tftp: [6], http: [15], services: ["IA32_EFI"] },
];

/** All kinds of firmware, with their programs. */
export function firmware(programs: BootPrograms): readonly Firmware[] {
	return KINDS.map((one) => ({ ...one, program: programs[one.kind] }));
}

/** The kinds that there is a program for. */
export function servedFirmware(programs: BootPrograms): readonly (Firmware & { readonly program: string })[] {
	return firmware(programs).flatMap(({ program, ...one }) => (program === undefined ? [] : [{ ...one, program }]));
}

/** Where iPXE, and firmware that boots by HTTP, are sent; the programs are assets below `ipxe/`. */
export function bootUrls(url: string): { readonly script: string; readonly program: (name: string) => string } {
	const base = url.replace(/\/+$/, "");
	return { script: `${base}/boot.ipxe`, program: (name) => `${base}/assets/ipxe/${name}` };
}
