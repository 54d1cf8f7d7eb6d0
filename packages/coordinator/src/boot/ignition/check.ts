import { IgnitionConfig } from "@rollcall/protocol";
import type { Finding } from "../finding.ts";
import { newerThanItsVersion, parseSpecVersion, resources } from "./versions.ts";

/** A configuration that passed, or what is wrong with it. */
export type CheckedIgnition =
	| { readonly ok: true; readonly version: string; readonly config: Record<string, unknown> }
	| { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Checks a configuration by the rules of Ignition's own validator, as far as they concern what machines without disks use.
 * Specs 3.0 to 3.3 are checked in full; of 2.1 to 2.3 and of newer 3.x only the frame, they are passed on as they are.
 */
export function checkIgnition(value: unknown): CheckedIgnition {
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		return refuse({ path: [], message: "an Ignition configuration is an object" });
	}
	const config = value as Record<string, unknown>;
	const version = (config.ignition as { version?: unknown } | null | undefined)?.version;
	const parsed = parseSpecVersion(version);
	if (typeof version !== "string" || !parsed) {
		return refuse({ path: ["ignition", "version"], message: "the spec version is missing, like 3.3.0" });
	}
	const [major, minor] = parsed;
	if (major === 2 && minor >= 1 && minor <= 3) return { ok: true, version, config };
	if (major === 3 && minor > 3) return { ok: true, version, config };
	if (major !== 3) {
		return refuse({
			path: ["ignition", "version"],
			message: `spec ${version} is not supported; 2.1 to 2.3 and 3.x are`,
		});
	}
	const result = IgnitionConfig.safeParse(config);
	if (!result.success) {
		return refuse(
			...result.error.issues.slice(0, 64).map((issue) => ({
				path: issue.path.filter((part) => typeof part !== "symbol"),
				message: issue.message,
			})),
		);
	}
	const findings = [...newerThanItsVersion(result.data), ...crossFieldFindings(result.data)];
	return findings.length > 0 ? refuse(...findings) : { ok: true, version, config };
}

function refuse(...findings: Finding[]): CheckedIgnition {
	return { ok: false, findings };
}

/** What needs more than one field; the rules of Ignition's `config/v3_3/types`. */
function crossFieldFindings(config: IgnitionConfig): Finding[] {
	const findings: Finding[] = [];
	const say = (path: (string | number)[], message: string) => findings.push({ path, message });
	for (const { resource, path, of } of resources(config)) {
		if (resource.verification?.hash && !resource.source) say(path, "a hash needs a source");
		if (of === "config" && path.at(-1) !== "replace" && !resource.source) say(path, "a source is needed");
		if (resource.httpHeaders?.length && !/^https?:/.test(resource.source ?? "")) {
			say([...path, "httpHeaders"], "headers go with http and https sources only");
		}
	}
	duplicates(config, say);
	nodes(config, say);
	config.storage?.filesystems?.forEach((filesystem, index) => {
		const at = ["storage", "filesystems", index];
		const others = filesystem.path || filesystem.label || filesystem.uuid || filesystem.options?.length;
		if (!filesystem.format && (others || filesystem.mountOptions?.length)) say([...at, "format"], "a format is needed");
	});
	config.storage?.raid?.forEach((raid, index) => {
		if (!raid.level) say(["storage", "raid", index, "level"], "a level is needed");
		if (!raid.devices?.length) say(["storage", "raid", index, "devices"], "devices are needed");
	});
	config.storage?.luks?.forEach((luks, index) => {
		if (!luks.device) say(["storage", "luks", index, "device"], "a device is needed");
	});
	return findings;
}

type Say = (path: (string | number)[], message: string) => void;

function duplicates(config: IgnitionConfig, say: Say): void {
	const unique = (path: (string | number)[], keys: readonly string[] | undefined) => {
		const seen = new Set<string>();
		keys?.forEach((key, index) => {
			if (seen.has(key)) say([...path, index], `${key} is there twice`);
			seen.add(key);
		});
	};
	const { storage, systemd, passwd } = config;
	unique(
		["systemd", "units"],
		systemd?.units?.map((unit) => unit.name),
	);
	systemd?.units?.forEach((unit, index) => {
		unique(
			["systemd", "units", index, "dropins"],
			unit.dropins?.map((dropin) => dropin.name),
		);
	});
	unique(
		["passwd", "users"],
		passwd?.users?.map((user) => user.name),
	);
	unique(
		["passwd", "groups"],
		passwd?.groups?.map((group) => group.name),
	);
	unique(
		["storage", "filesystems"],
		storage?.filesystems?.map((filesystem) => filesystem.device),
	);
	unique(
		["storage", "disks"],
		storage?.disks?.map((disk) => disk.device),
	);
	unique(
		["storage", "raid"],
		storage?.raid?.map((raid) => raid.name),
	);
	unique(
		["storage", "luks"],
		storage?.luks?.map((luks) => luks.name),
	);
	const paths = new Set<string>();
	for (const kind of ["directories", "files", "links"] as const) {
		storage?.[kind]?.forEach((node, index) => {
			if (paths.has(node.path)) say(["storage", kind, index], `${node.path} is there twice`);
			paths.add(node.path);
		});
	}
}

function nodes(config: IgnitionConfig, say: Say): void {
	const links = config.storage?.links ?? [];
	for (const kind of ["directories", "files", "links"] as const) {
		config.storage?.[kind]?.forEach((node, index) => {
			const at = ["storage", kind, index];
			if (links.some((link) => node.path.startsWith(`${link.path}/`))) say(at, `${node.path} lies behind a link`);
			for (const owner of ["user", "group"] as const) {
				const value = node[owner];
				if (value?.id !== undefined && value.id !== null && value.name)
					say([...at, owner], "an id or a name, not both");
			}
		});
	}
	links.forEach((link, index) => {
		if (!link.target) say(["storage", "links", index, "target"], "a link needs a target");
	});
	config.storage?.files?.forEach((file, index) => {
		if (file.overwrite && !file.contents?.source) {
			say(["storage", "files", index, "overwrite"], "overwriting needs contents with a source");
		}
	});
}
