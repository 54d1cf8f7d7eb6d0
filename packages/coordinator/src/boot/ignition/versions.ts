import type { IgnitionConfig, IgnitionResource } from "@rollcall/protocol";
import type { Finding } from "../finding.ts";

/** `[major, minor]` of `3.3.0`, or undefined where it is no released version of a spec. */
export function parseSpecVersion(version: unknown): readonly [major: number, minor: number] | undefined {
	const match = typeof version === "string" ? /^(\d+)\.(\d+)\.0$/.exec(version) : null;
	return match ? [Number(match[1]), Number(match[2])] : undefined;
}

/** What a configuration uses although its spec version does not have it yet (Ignition, `migrating-configs.md`). */
export function newerThanItsVersion(config: IgnitionConfig): Finding[] {
	const minor = parseSpecVersion(config.ignition.version)?.[1] ?? 0;
	const findings: Finding[] = [];
	const need = (since: number, used: unknown, ...path: (string | number)[]) => {
		if (minor < since && used !== undefined && used !== null) {
			findings.push({
				path,
				message: `this came with spec 3.${since}.0, and the document says ${config.ignition.version}`,
			});
		}
	};
	for (const { resource, path, of } of resources(config)) {
		need(1, resource.httpHeaders, ...path, "httpHeaders");
		if (of === "config") need(1, resource.compression, ...path, "compression");
		if (resource.source?.startsWith("arn:")) need(4, true, ...path, "source");
		if (resource.verification?.hash?.startsWith("sha256-")) need(1, true, ...path, "verification", "hash");
	}
	need(1, config.ignition.proxy, "ignition", "proxy");
	need(2, config.storage?.luks, "storage", "luks");
	need(3, config.kernelArguments, "kernelArguments");
	config.storage?.luks?.forEach((luks, index) => {
		const at = ["storage", "luks", index];
		need(4, luks.discard, ...at, "discard");
		need(4, luks.openOptions, ...at, "openOptions");
		need(5, luks.cex, ...at, "cex");
		luks.clevis?.tang?.forEach(({ advertisement }, tang) => {
			need(4, advertisement, ...at, "clevis", "tang", tang, "advertisement");
		});
		// Until then only the pins that Ignition knew.
		const pin = luks.clevis?.custom?.pin;
		if (pin && !["tpm2", "tang", "sss"].includes(pin)) need(6, pin, ...at, "clevis", "custom", "pin");
	});
	config.storage?.filesystems?.forEach((filesystem, index) => {
		need(1, filesystem.mountOptions, "storage", "filesystems", index, "mountOptions");
		if (filesystem.format === "none") need(3, true, "storage", "filesystems", index, "format");
	});
	config.storage?.disks?.forEach((disk, at) => {
		disk.partitions?.forEach((partition, index) => {
			need(2, partition.resize, "storage", "disks", at, "partitions", index, "resize");
		});
	});
	for (const kind of ["users", "groups"] as const) {
		config.passwd?.[kind]?.forEach((entry, index) => {
			need(2, entry.shouldExist, "passwd", kind, index, "shouldExist");
		});
	}
	return findings;
}

/** Every place of a configuration that names something to fetch. `of`: whose content it is. */
export function* resources(config: IgnitionConfig): Generator<{
	resource: IgnitionResource;
	path: (string | number)[];
	of: "config" | "file" | "key";
}> {
	const list = (
		items: readonly IgnitionResource[] | undefined,
		path: (string | number)[],
		of: "config" | "file" | "key",
	) => (items ?? []).map((resource, index) => ({ resource, path: [...path, index], of }));
	yield* list(config.ignition.config?.merge, ["ignition", "config", "merge"], "config");
	if (config.ignition.config?.replace) {
		yield { resource: config.ignition.config.replace, path: ["ignition", "config", "replace"], of: "config" };
	}
	const authorities = config.ignition.security?.tls?.certificateAuthorities;
	yield* list(authorities, ["ignition", "security", "tls", "certificateAuthorities"], "config");
	for (const [index, file] of (config.storage?.files ?? []).entries()) {
		if (file.contents) yield { resource: file.contents, path: ["storage", "files", index, "contents"], of: "file" };
		yield* list(file.append, ["storage", "files", index, "append"], "file");
	}
	for (const [index, luks] of (config.storage?.luks ?? []).entries()) {
		if (luks.keyFile) yield { resource: luks.keyFile, path: ["storage", "luks", index, "keyFile"], of: "key" };
	}
}
