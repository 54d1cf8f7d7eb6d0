import { unitText } from "../../render/systemd-unit.ts";

/** A filesystem of the Ignition document, with what a mount unit needs. */
export interface MountedFilesystem {
	readonly device: string;
	readonly format: string;
	readonly path?: string | undefined;
	readonly mountOptions: readonly string[];
	/** The device needs the network (LUKS with Tang). */
	readonly remote: boolean;
}

/** A path as a unit's name (systemd-escape(1) --path): `/` becomes `-`, what is not plain `\xNN`. */
export function escapeUnitPath(path: string): string {
	const trimmed = path.replaceAll(/\/+/g, "/").replace(/^\/|\/$/g, "");
	if (trimmed === "") return "-";
	return [...new TextEncoder().encode(trimmed)]
		.map((byte, index) => {
			const character = String.fromCharCode(byte);
			if (character === "/") return "-";
			if (/[A-Za-z0-9:_]/.test(character) || (character === "." && index > 0)) return character;
			return `\\x${byte.toString(16).padStart(2, "0")}`;
		})
		.join("");
}

/** The unit that mounts a filesystem, or takes it as swap, as Butane's `with_mount_unit` writes it. */
export function mountUnit(filesystem: MountedFilesystem): { name: string; enabled: true; contents: string } {
	const device = escapeUnitPath(filesystem.device);
	const options = [...filesystem.mountOptions, ...(filesystem.remote ? ["_netdev"] : [])];
	const shared = options.length > 0 ? [["Options", options.join(",")] as const] : [];
	if (filesystem.format === "swap") {
		return {
			name: `${device}.swap`,
			enabled: true,
			contents: unitText([
				["Swap", [["What", filesystem.device], ...shared]],
				["Install", [["RequiredBy", "swap.target"]]],
			]),
		};
	}
	const path = filesystem.path ?? "";
	const check = `systemd-fsck@${device}.service`;
	return {
		name: `${escapeUnitPath(path)}.mount`,
		enabled: true,
		contents: unitText([
			[
				"Unit",
				[
					["Requires", check],
					["After", check],
				],
			],
			["Mount", [["Where", path], ["What", filesystem.device], ["Type", filesystem.format], ...shared]],
			["Install", [["RequiredBy", filesystem.remote ? "remote-fs.target" : "local-fs.target"]]],
		]),
	};
}
