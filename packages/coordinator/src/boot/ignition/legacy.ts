import type { IgnitionConfig, IgnitionFile, IgnitionResource } from "@rollcall/protocol";
import { NotInLegacyIgnition } from "../../errors.ts";

type Json = Record<string, unknown>;

/**
 * A configuration of spec 3 in the words of spec 2.1, 2.2 or 2.3 (Container Linux; Ignition 0.21 to 0.35,
 * `configuration-v2_3.md`): nodes name the filesystem `root`, files are appended to by entries of their own, and an entry
 * replaces what is there, which spec 3 says by `overwrite`. Throws NotInLegacyIgnition.
 */
export function legacyIgnition(config: IgnitionConfig, version: "2.1.0" | "2.2.0" | "2.3.0"): Json {
	const { storage, systemd, passwd } = config;
	const refuse = (what: string, present: unknown) => {
		if (present !== undefined) throw new NotInLegacyIgnition(`spec ${version} has no ${what}`);
	};
	refuse("kernelArguments", config.kernelArguments);
	refuse("proxy", config.ignition.proxy);
	refuse("merging of other configurations", config.ignition.config);
	refuse("storage.luks", storage?.luks);
	for (const kind of ["disks", "raid", "filesystems"] as const)
		refuse(`conversion of storage.${kind}`, storage?.[kind]);
	return {
		ignition: { version },
		...(storage
			? {
					storage: {
						...(storage.directories
							? { directories: storage.directories.map(({ path, ...rest }) => node(path, rest)) }
							: {}),
						...(storage.files ? { files: storage.files.flatMap((file) => files(file, version)) } : {}),
						...(storage.links ? { links: storage.links.map(({ path, ...rest }) => node(path, rest)) } : {}),
					},
				}
			: {}),
		...(systemd ? { systemd: clean(systemd) as Json } : {}),
		...(passwd
			? {
					passwd: {
						...(passwd.users ? { users: passwd.users.map((user) => account(user, version)) } : {}),
						...(passwd.groups ? { groups: passwd.groups.map((group) => account(group, version)) } : {}),
					},
				}
			: {}),
	};
}

function node(path: string, rest: Json): Json {
	const { overwrite: _, ...fields } = rest;
	return { filesystem: "root", path, ...(clean(fields) as Json) };
}

function files(file: IgnitionFile, version: string): Json[] {
	const { path, contents, append, overwrite, ...rest } = file;
	const mode = rest.mode ?? 0o644;
	if (append?.length && version === "2.1.0") throw new NotInLegacyIgnition(`spec ${version} cannot append to ${path}`);
	// Without "overwrite" spec 2.2 and 2.3 replace a file that is there; spec 3 does not.
	const replace = version === "2.1.0" ? {} : { overwrite: overwrite === true };
	return [
		...(contents ? [{ ...node(path, rest), mode, contents: resource(contents, path), ...replace }] : []),
		...(append ?? []).map((part) => ({ ...node(path, rest), mode, append: true, contents: resource(part, path) })),
	];
}

function resource(from: IgnitionResource, path: string): Json {
	if (from.httpHeaders?.length) throw new NotInLegacyIgnition(`spec 2 sends no headers for ${path}`);
	const hash = from.verification?.hash;
	if (hash?.startsWith("sha256-")) throw new NotInLegacyIgnition(`spec 2 checks ${path} by SHA-512 only`);
	return {
		source: from.source ?? "",
		...(from.compression ? { compression: from.compression } : {}),
		verification: hash ? { hash } : {},
	};
}

function account(entry: Json, version: string): Json {
	const { shouldExist, ...rest } = entry;
	if (shouldExist === false) throw new NotInLegacyIgnition(`spec ${version} cannot remove ${String(entry.name)}`);
	return clean(rest) as Json;
}

/** Without the nulls that spec 3 allows. */
function clean(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(clean);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.filter(([, item]) => item !== null && item !== undefined)
			.map(([key, item]) => [key, clean(item)]),
	);
}
