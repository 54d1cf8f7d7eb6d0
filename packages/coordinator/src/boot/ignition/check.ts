import { IgnitionConfig, plainIssue, valueAt } from "@rollcall/protocol";
import type { Finding } from "../finding.ts";
import { duplicates, type Say } from "./duplicates.ts";
import { sourceFault } from "./source-fault.ts";
import { unitContentFault } from "./unit-content.ts";
import { newerThanItsVersion, parseSpecVersion, resources } from "./versions.ts";

/** A configuration that passed, or what is wrong with it. */
export type CheckedIgnition =
	| { readonly ok: true; readonly version: string; readonly config: Record<string, unknown> }
	| { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Checks a configuration by the rules of Ignition's own validator, as far as they concern what machines without disks use.
 * Specs 3.0 to 3.6 are checked in full; of 2.1 to 2.3 and of newer 3.x only the frame, they are passed on as they are.
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
	if (major === 3 && minor > 6) return { ok: true, version, config };
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
				message: plainIssue(issue, valueAt(config, issue.path)),
			})),
		);
	}
	const findings = [...newerThanItsVersion(result.data), ...crossFieldFindings(result.data)];
	return findings.length > 0 ? refuse(...findings) : { ok: true, version, config };
}

function refuse(...findings: Finding[]): CheckedIgnition {
	return { ok: false, findings };
}

/** What needs more than one field; the rules of Ignition's `config/v3_6/types`. */
function crossFieldFindings(config: IgnitionConfig): Finding[] {
	const findings: Finding[] = [];
	const say = (path: (string | number)[], message: string) => findings.push({ path, message });
	for (const { resource, path, of } of resources(config)) {
		if (resource.verification?.hash && !resource.source) say(path, "a hash needs a source");
		if (of === "config" && path.at(-1) !== "replace" && !resource.source) say(path, "a source is needed");
		if (resource.httpHeaders?.length && !/^https?:/.test(resource.source ?? "")) {
			say([...path, "httpHeaders"], "headers go with http and https sources only");
		}
		resource.httpHeaders?.forEach(({ name }, index) => {
			if (name === "") say([...path, "httpHeaders", index, "name"], "a header has a name");
		});
		const wrong = resource.source && sourceFault(resource.source);
		if (wrong) say([...path, "source"], wrong);
	}
	const { httpProxy, httpsProxy } = config.ignition.proxy ?? {};
	for (const [name, proxy] of Object.entries({ httpProxy, httpsProxy }))
		if (proxy && !/^https?:/.test(proxy)) say(["ignition", "proxy", name], "a proxy is an http or https URL");
	duplicates(config, say);
	nodes(config, say);
	units(config, say);
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
		const at = ["storage", "luks", index];
		if (!luks.device) say([...at, "device"], "a device is needed");
		if (luks.name.includes("/")) say([...at, "name"], "a name has no slash");
		const { clevis } = luks;
		if (luks.cex?.enabled && (clevis?.tpm2 || clevis?.tang?.length || clevis?.custom))
			say([...at, "cex"], "cex or clevis, not both");
		if (luks.cex?.enabled && luks.keyFile?.source) say([...at, "cex"], "cex or a key file, not both");
		clevis?.tang?.forEach(({ advertisement }, tang) => {
			if (advertisement && !isJson(advertisement))
				say([...at, "clevis", "tang", tang, "advertisement"], "an advertisement is JSON");
		});
	});
	return findings;
}

function isJson(value: string): boolean {
	try {
		JSON.parse(value);
		return true;
	} catch {
		return false;
	}
}

/** The engine reads units before it writes them, and ends the boot where it cannot. */
function units(config: IgnitionConfig, say: Say): void {
	config.systemd?.units?.forEach((unit, index) => {
		for (const { contents, path } of [
			{ contents: unit.contents, path: ["systemd", "units", index] },
			...(unit.dropins ?? []).map((dropin, at) => ({
				contents: dropin.contents,
				path: ["systemd", "units", index, "dropins", at],
			})),
		]) {
			const fault = contents ? unitContentFault(contents) : undefined;
			if (fault) say([...path, "contents"], fault);
		}
	});
}

/** The folders of a path, the outermost first, without `/`. */
function above(path: string): string[] {
	return [...path.matchAll(/(?<=.)\//g)].map(({ index }) => path.slice(0, index));
}

function nodes(config: IgnitionConfig, say: Say): void {
	const links = config.storage?.links ?? [];
	const taken = new Map([
		...(config.storage?.files ?? []).map(({ path }) => [path, "below a file"] as const),
		...links.map(({ path }) => [path, "behind a link"] as const),
	]);
	for (const kind of ["directories", "files", "links"] as const) {
		config.storage?.[kind]?.forEach((node, index) => {
			const at = ["storage", kind, index];
			// Ignition's validator lets the first of these pass, and its engine ends there.
			const where = above(node.path).flatMap((path) => taken.get(path) ?? [])[0];
			if (where) say(at, `${node.path} lies ${where}`);
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
