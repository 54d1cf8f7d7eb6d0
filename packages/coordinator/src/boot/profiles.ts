import { Profile } from "@rollcall/protocol";

/** What a built-in profile needs to know; its files lie below `/assets/` under the names that the system's own project gives them. */
export interface ReleaseOptions {
	readonly name: string;
	/** The release, as in the names of its files. */
	readonly version: string;
	/** Kernel arguments behind the built-in ones, like `console=ttyS0`. */
	readonly args?: readonly string[];
	/** Names of the operator's Ignition parts. */
	readonly parts?: readonly string[];
}

/** Flatcar Container Linux in RAM: kernel and one image. */
export function flatcarProfile(options: ReleaseOptions): Profile {
	const folder = `/assets/flatcar/${options.version}`;
	return Profile.parse({
		name: options.name,
		title: `Flatcar ${options.version}`,
		kernel: `${folder}/flatcar_production_pxe.vmlinuz`,
		initrd: [`${folder}/flatcar_production_pxe_image.cpio.gz`],
		args: ["flatcar.first_boot=1", "ignition.config.url={{ignition}}", ...(options.args ?? [])],
		ignition: { parts: options.parts ?? [] },
	});
}

/** Fedora CoreOS live: kernel, initramfs, and the root file system by URL. */
export function fedoraCoreosProfile(options: ReleaseOptions & { readonly arch?: "x86_64" | "aarch64" }): Profile {
	const arch = options.arch ?? "x86_64";
	const file = (part: string) => `fedora-coreos/fedora-coreos-${options.version}-live-${part}`;
	return Profile.parse({
		name: options.name,
		title: `Fedora CoreOS ${options.version}`,
		kernel: `/assets/${file(`kernel-${arch}`)}`,
		initrd: [{ url: `/assets/${file(`initramfs.${arch}.img`)}`, name: "main" }],
		args: [
			`coreos.live.rootfs_url={{assets}}/${file(`rootfs.${arch}.img`)}`,
			"ignition.firstboot",
			"ignition.platform.id=metal",
			"ignition.config.url={{ignition}}",
			...(options.args ?? []),
		],
		ignition: { parts: options.parts ?? [] },
	});
}

/** Debian live with cloud-init in its image: kernel, initrd, and the squashfs by URL. */
export function debianLiveProfile(options: ReleaseOptions): Profile {
	const folder = `debian-live/${options.version}`;
	return Profile.parse({
		name: options.name,
		title: `Debian live ${options.version}`,
		kernel: `/assets/${folder}/vmlinuz`,
		initrd: [`/assets/${folder}/initrd.img`],
		args: [
			"boot=live",
			"components",
			"ip=dhcp",
			`fetch={{assets}}/${folder}/filesystem.squashfs`,
			"ds=nocloud-net;s={{cloudInit}}",
			...(options.args ?? []),
		],
		cloudInit: {},
	});
}

/** Alpine diskless: everything in RAM, its own files by an overlay. There is no systemd, so no agent and no role. */
export function alpineProfile(options: ReleaseOptions & { readonly flavor?: string }): Profile {
	const folder = `alpine/${options.version}`;
	const flavor = options.flavor ?? "lts";
	return Profile.parse({
		name: options.name,
		title: `Alpine ${options.version}`,
		kernel: `/assets/${folder}/vmlinuz-${flavor}`,
		initrd: [`/assets/${folder}/initramfs-${flavor}`],
		args: [
			"ip=dhcp",
			"modules=loop,squashfs",
			`modloop={{assets}}/${folder}/modloop-${flavor}`,
			`alpine_repo={{assets}}/${folder}/main`,
			"apkovl={{overlay}}",
			...(options.args ?? []),
		],
		agent: false,
	});
}

/** Any system that runs cloud-init from the network: kernel and initrd are the operator's. */
export function cloudInitProfile(options: {
	readonly name: string;
	readonly kernel: string;
	readonly initrd: readonly string[];
	readonly args?: readonly string[];
	readonly packages?: readonly string[];
}): Profile {
	return Profile.parse({
		name: options.name,
		kernel: options.kernel,
		initrd: options.initrd,
		args: ["ip=dhcp", "ds=nocloud-net;s={{cloudInit}}", ...(options.args ?? [])],
		cloudInit: { packages: options.packages ?? [] },
	});
}
